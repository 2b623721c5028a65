CREATE FUNCTION public.board_entries_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'a recorded entry of the board is never changed'; END $$;
CREATE TABLE public.board_cases (
    id character varying(32) NOT NULL,
    label character varying(60) NOT NULL,
    created_utc timestamp with time zone NOT NULL,
    profile text NOT NULL,
    assessment text NOT NULL,
    bundle_sha256 character varying(64) NOT NULL,
    flags text NOT NULL,
    is_simulated boolean NOT NULL,
    thumbnail_png bytea NOT NULL
);
CREATE TABLE public.board_entries (
    number integer NOT NULL,
    case_id character varying(32) NOT NULL,
    moment character varying(16) NOT NULL,
    choice character varying(16),
    agreement character varying(16),
    note text NOT NULL,
    role character varying(60) NOT NULL,
    recorded_utc timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.board_entries_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.board_entries_number_seq OWNED BY public.board_entries.number;
CREATE TABLE public.board_schema (
    version integer NOT NULL
);
ALTER TABLE ONLY public.board_entries ALTER COLUMN number SET DEFAULT nextval('public.board_entries_number_seq'::regclass);
INSERT INTO public.board_cases VALUES ('86615c508ef73ba2', 'Blue river', '2026-11-29 18:58:41.014017+00', '{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}', '{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '["simulated"]', true, '\x89504e4700ff');
INSERT INTO public.board_cases VALUES ('02b6531f9ee1c500', 'Case 1', '2026-11-29 18:58:41.028061+00', '{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}', '{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '["simulated"]', true, '\x89504e4700ff');
INSERT INTO public.board_cases VALUES ('61d3fc15cd43ad7e', 'Case 2', '2026-11-29 18:58:41.033433+00', '{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}', '{"score":0.02,"tier":"Low"}', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '[]', false, '\x89504e4700ff');
INSERT INTO public.board_entries VALUES (1, '86615c508ef73ba2', 'before', 'T', NULL, '讨论：先看病理; it''s "so"', 'chair', '2026-11-29 18:58:41.041851+00');
INSERT INTO public.board_entries VALUES (2, '86615c508ef73ba2', 'shown', NULL, NULL, '', '', '2026-11-29 18:58:41.050689+00');
INSERT INTO public.board_entries VALUES (3, '86615c508ef73ba2', 'after', 'T+P', 'agree', '', '', '2026-11-29 18:58:41.057356+00');
INSERT INTO public.board_entries VALUES (4, '86615c508ef73ba2', 'after', 'other', 'disagree', 'a
b', '', '2026-11-29 18:58:41.064961+00');
INSERT INTO public.board_entries VALUES (5, '02b6531f9ee1c500', 'before', 'deferred', NULL, '', '', '2026-11-29 18:58:41.070964+00');
INSERT INTO public.board_entries VALUES (6, '61d3fc15cd43ad7e', 'skipped', NULL, NULL, '', '', '2026-11-29 18:58:41.079382+00');
INSERT INTO public.board_entries VALUES (7, '61d3fc15cd43ad7e', 'after', 'none', 'undecided', '', '', '2026-11-29 18:58:41.083799+00');
INSERT INTO public.board_schema VALUES (1);
SELECT pg_catalog.setval('public.board_entries_number_seq', 7, true);
ALTER TABLE ONLY public.board_cases
    ADD CONSTRAINT board_cases_label_key UNIQUE (label);
ALTER TABLE ONLY public.board_cases
    ADD CONSTRAINT board_cases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.board_entries
    ADD CONSTRAINT board_entries_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.board_schema
    ADD CONSTRAINT board_schema_pkey PRIMARY KEY (version);
CREATE INDEX board_entries_by_case ON public.board_entries USING btree (case_id, number);
CREATE TRIGGER board_entries_kept BEFORE UPDATE ON public.board_entries FOR EACH ROW EXECUTE FUNCTION public.board_entries_kept();
ALTER TABLE ONLY public.board_entries
    ADD CONSTRAINT board_entries_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.board_cases(id) ON DELETE CASCADE;
