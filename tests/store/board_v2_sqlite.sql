BEGIN TRANSACTION;
CREATE TABLE board_agenda (
	meeting_id VARCHAR(32) NOT NULL, 
	case_id VARCHAR(32) NOT NULL, 
	place INTEGER NOT NULL, 
	PRIMARY KEY (meeting_id, case_id), 
	FOREIGN KEY(meeting_id) REFERENCES board_meetings (id) ON DELETE CASCADE, 
	FOREIGN KEY(case_id) REFERENCES board_cases (id) ON DELETE CASCADE
);
INSERT INTO "board_agenda" VALUES('aba6d40e9a2bd34f','1be72fb7eebcb607',0);
INSERT INTO "board_agenda" VALUES('aba6d40e9a2bd34f','7e356a71b9ef0d57',1);
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
INSERT INTO "board_cases" VALUES('1be72fb7eebcb607','Blue river','2026-11-30 01:56:01.949827','{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}','{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','["simulated"]',1,X'89504E4700FF');
INSERT INTO "board_cases" VALUES('7e356a71b9ef0d57','Case 1','2026-11-30 01:56:01.973618','{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}','{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','["simulated"]',1,X'89504E4700FF');
CREATE TABLE board_entries (
	number INTEGER NOT NULL, 
	case_id VARCHAR(32) NOT NULL, 
	moment VARCHAR(16) NOT NULL, 
	choice VARCHAR(16), 
	agreement VARCHAR(16), 
	note TEXT NOT NULL, 
	role VARCHAR(60) NOT NULL, 
	recorded_utc DATETIME NOT NULL, corrects INTEGER, meeting_id VARCHAR(32), 
	PRIMARY KEY (number), 
	FOREIGN KEY(case_id) REFERENCES board_cases (id) ON DELETE CASCADE
);
INSERT INTO "board_entries" VALUES(1,'1be72fb7eebcb607','before','T',NULL,'讨论：先看病理; it''s "so"','chair','2026-11-30 01:56:02.010506',NULL,'aba6d40e9a2bd34f');
INSERT INTO "board_entries" VALUES(2,'1be72fb7eebcb607','before','T+P',NULL,'','','2026-11-30 01:56:02.028068',1,'aba6d40e9a2bd34f');
INSERT INTO "board_entries" VALUES(3,'1be72fb7eebcb607','shown',NULL,NULL,'','','2026-11-30 01:56:02.042597',NULL,'aba6d40e9a2bd34f');
INSERT INTO "board_entries" VALUES(4,'1be72fb7eebcb607','after','other','agree','','','2026-11-30 01:56:02.058131',NULL,'aba6d40e9a2bd34f');
CREATE TABLE board_meetings (
	id VARCHAR(32) NOT NULL, 
	held_on DATE NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	attendees TEXT NOT NULL, 
	created_utc DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "board_meetings" VALUES('aba6d40e9a2bd34f','2026-03-02','Monday board','["surgeon","oncologist"]','2026-11-30 01:56:01.985210');
CREATE TABLE board_pictures (
	case_id VARCHAR(32) NOT NULL, 
	place INTEGER NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	png BLOB NOT NULL, 
	PRIMARY KEY (case_id, place), 
	FOREIGN KEY(case_id) REFERENCES board_cases (id) ON DELETE CASCADE
);
INSERT INTO "board_pictures" VALUES('1be72fb7eebcb607',0,'slice 1',X'89504E4700FE');
CREATE TABLE board_revision (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT board_revision_pkc PRIMARY KEY (version_num)
);
INSERT INTO "board_revision" VALUES('0002');
CREATE TABLE board_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "board_schema" VALUES(2);
CREATE INDEX board_entries_by_case ON board_entries (case_id, number);
CREATE TRIGGER board_entries_kept BEFORE UPDATE ON board_entries BEGIN SELECT RAISE(ABORT, 'a recorded entry of the board is never changed'); END;
COMMIT;
