CREATE FUNCTION public.board_entries_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'a recorded entry of the board is never changed'; END $$;
CREATE TABLE public.board_agenda (
    meeting_id character varying(32) NOT NULL,
    case_id character varying(32) NOT NULL,
    place integer NOT NULL
);
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
    recorded_utc timestamp with time zone NOT NULL,
    corrects integer,
    meeting_id character varying(32)
);
CREATE SEQUENCE public.board_entries_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.board_entries_number_seq OWNED BY public.board_entries.number;
CREATE TABLE public.board_meetings (
    id character varying(32) NOT NULL,
    held_on date NOT NULL,
    title character varying(80) NOT NULL,
    attendees text NOT NULL,
    created_utc timestamp with time zone NOT NULL
);
CREATE TABLE public.board_pictures (
    case_id character varying(32) NOT NULL,
    place integer NOT NULL,
    name character varying(40) NOT NULL,
    png bytea NOT NULL
);
CREATE TABLE public.board_revision (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.board_schema (
    version integer NOT NULL
);
ALTER TABLE ONLY public.board_entries ALTER COLUMN number SET DEFAULT nextval('public.board_entries_number_seq'::regclass);
INSERT INTO public.board_agenda VALUES ('7649f53d16851ec8', '3e5351fe2a1bebb7', 0);
INSERT INTO public.board_agenda VALUES ('7649f53d16851ec8', '0b37eba28e1c847c', 1);
INSERT INTO public.board_cases VALUES ('3e5351fe2a1bebb7', 'Blue river', '2026-11-30 01:56:05.121117+00', '{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}', '{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '["simulated"]', true, '\x89504e4700ff');
INSERT INTO public.board_cases VALUES ('0b37eba28e1c847c', 'Case 1', '2026-11-30 01:56:05.152643+00', '{"tumour_size_mm":26.0,"node_stage":"N1","er_positive":true}', '{"score":0.31,"tier":"High","percentile":88.0,"findings":[]}', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '["simulated"]', true, '\x89504e4700ff');
INSERT INTO public.board_entries VALUES (1, '3e5351fe2a1bebb7', 'before', 'T', NULL, '讨论：先看病理; it''s "so"', 'chair', '2026-11-30 01:56:05.207749+00', NULL, '7649f53d16851ec8');
INSERT INTO public.board_entries VALUES (2, '3e5351fe2a1bebb7', 'before', 'T+P', NULL, '', '', '2026-11-30 01:56:05.237573+00', 1, '7649f53d16851ec8');
INSERT INTO public.board_entries VALUES (3, '3e5351fe2a1bebb7', 'shown', NULL, NULL, '', '', '2026-11-30 01:56:05.257016+00', NULL, '7649f53d16851ec8');
INSERT INTO public.board_entries VALUES (4, '3e5351fe2a1bebb7', 'after', 'other', 'agree', '', '', '2026-11-30 01:56:05.293524+00', NULL, '7649f53d16851ec8');
INSERT INTO public.board_meetings VALUES ('7649f53d16851ec8', '2026-03-02', 'Monday board', '["surgeon","oncologist"]', '2026-11-30 01:56:05.165289+00');
INSERT INTO public.board_pictures VALUES ('3e5351fe2a1bebb7', 0, 'slice 1', '\x89504e4700fe');
INSERT INTO public.board_revision VALUES ('0002');
INSERT INTO public.board_schema VALUES (2);
SELECT pg_catalog.setval('public.board_entries_number_seq', 4, true);
ALTER TABLE ONLY public.board_agenda
    ADD CONSTRAINT board_agenda_pkey PRIMARY KEY (meeting_id, case_id);
ALTER TABLE ONLY public.board_cases
    ADD CONSTRAINT board_cases_label_key UNIQUE (label);
ALTER TABLE ONLY public.board_cases
    ADD CONSTRAINT board_cases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.board_entries
    ADD CONSTRAINT board_entries_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.board_meetings
    ADD CONSTRAINT board_meetings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.board_pictures
    ADD CONSTRAINT board_pictures_pkey PRIMARY KEY (case_id, place);
ALTER TABLE ONLY public.board_revision
    ADD CONSTRAINT board_revision_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.board_schema
    ADD CONSTRAINT board_schema_pkey PRIMARY KEY (version);
CREATE INDEX board_entries_by_case ON public.board_entries USING btree (case_id, number);
CREATE TRIGGER board_entries_kept BEFORE UPDATE ON public.board_entries FOR EACH ROW EXECUTE FUNCTION public.board_entries_kept();
ALTER TABLE ONLY public.board_agenda
    ADD CONSTRAINT board_agenda_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.board_cases(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.board_agenda
    ADD CONSTRAINT board_agenda_meeting_id_fkey FOREIGN KEY (meeting_id) REFERENCES public.board_meetings(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.board_entries
    ADD CONSTRAINT board_entries_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.board_cases(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.board_pictures
    ADD CONSTRAINT board_pictures_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.board_cases(id) ON DELETE CASCADE;
