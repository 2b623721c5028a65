BEGIN TRANSACTION;
CREATE TABLE board_cases (
	id VARCHAR(32) NOT NULL, 
	label VARCHAR(60) NOT NULL, 
	created_utc DATETIME NOT NULL, 
	profile TEXT NOT NULL, 
	assessment TEXT NOT NULL, 
	bundle_sha256 VARCHAR(64) NOT NULL, 
	flags TEXT NOT NULL, 
	is_simulated BOOLEAN NOT NULL, 
	thumbnail_png BLOB NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (label)
);
INSERT INTO "board_cases" VALUES('cee394329468b1b0','Blue river','2026-11-29 18:58:39.865223','{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}','{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','["simulated"]',1,X'89504E4700FF');
INSERT INTO "board_cases" VALUES('4131ad008a3a9a2b','Case 1','2026-11-29 18:58:39.870712','{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}','{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','["simulated"]',1,X'89504E4700FF');
INSERT INTO "board_cases" VALUES('cfa07669e7566d21','Case 2','2026-11-29 18:58:39.873059','{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}','{"score":0.02,"tier":"Low"}','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[]',0,X'89504E4700FF');
CREATE TABLE board_entries (
	number INTEGER NOT NULL, 
	case_id VARCHAR(32) NOT NULL, 
	moment VARCHAR(16) NOT NULL, 
	choice VARCHAR(16), 
	agreement VARCHAR(16), 
	note TEXT NOT NULL, 
	role VARCHAR(60) NOT NULL, 
	recorded_utc DATETIME NOT NULL, 
	PRIMARY KEY (number), 
	FOREIGN KEY(case_id) REFERENCES board_cases (id) ON DELETE CASCADE
);
INSERT INTO "board_entries" VALUES(1,'cee394329468b1b0','before','T',NULL,'讨论：先看病理; it''s "so"','chair','2026-11-29 18:58:39.882557');
INSERT INTO "board_entries" VALUES(2,'cee394329468b1b0','shown',NULL,NULL,'','','2026-11-29 18:58:39.886920');
INSERT INTO "board_entries" VALUES(3,'cee394329468b1b0','after','T+P','agree','','','2026-11-29 18:58:39.889955');
INSERT INTO "board_entries" VALUES(4,'cee394329468b1b0','after','other','disagree','a
b','','2026-11-29 18:58:39.893554');
INSERT INTO "board_entries" VALUES(5,'4131ad008a3a9a2b','before','deferred',NULL,'','','2026-11-29 18:58:39.897398');
INSERT INTO "board_entries" VALUES(6,'cfa07669e7566d21','skipped',NULL,NULL,'','','2026-11-29 18:58:39.901610');
INSERT INTO "board_entries" VALUES(7,'cfa07669e7566d21','after','none','undecided','','','2026-11-29 18:58:39.905384');
CREATE TABLE board_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "board_schema" VALUES(1);
CREATE INDEX board_entries_by_case ON board_entries (case_id, number);
CREATE TRIGGER board_entries_kept BEFORE UPDATE ON board_entries BEGIN SELECT RAISE(ABORT, 'a recorded entry of the board is never changed'); END;
COMMIT;
