-- Sealed entries by kind, so that the page of coverage need not count them. Only the sealer writes it, as it does
-- evidence_count.
CREATE TABLE evidence_kind_count (
    kind TEXT NOT NULL PRIMARY KEY,
    n INTEGER NOT NULL
) STRICT;

INSERT INTO evidence_kind_count (kind, n) SELECT kind, COUNT(*) FROM evidence WHERE seq IS NOT NULL GROUP BY kind;
