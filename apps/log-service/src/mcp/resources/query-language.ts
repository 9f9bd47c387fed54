/** What an assistant needs of docs/query-language.md; a test parses every example. */
export const QUERY_LANGUAGE = `# The query language of \`q\`

A query is a filter, and after it pipes that make a table of what the filter lets through (pipes are for the stats tool alone).

    level>=WARN source:checkout "connection reset" metadata.user_id=42
    timeout | stats count() by source

## Messages (in any case)

    reset                     this whole word
    conn*                     a word that begins so
    "connection reset"        this phrase
    message:*part*            this text, inside words too
    ~"time(d )?out"           a match of this regular expression (RE2)

## Fields

level, source (component), namespace, trace_id, span_id, tags, timestamp, received, id, metadata.<path> (data.<path>).

    level:(ERROR OR FATAL) -source:health
    source in (checkout, payment) metadata.ms:[100 TO 500}
    metadata.http.status>=500 metadata.path~"^/api/"
    tag:eu timestamp>=-15m NOT trace_id:*
    metadata."user name":Jo*

Tests side by side have all to be met; OR and parentheses combine, NOT or - turns round. field:* asks whether there is a value. Numbers compare as numbers. Times are RFC 3339, a date, or how long ago: -15m, now-2h.

## Pipes

    level>=ERROR | stats count(), avg(metadata.ms) by source, bin(1h) | sort count desc | limit 20
    | top 10 metadata.path
    | uniq source
    | quantile(0.5, 0.99) of metadata.ms by bin(5m)

Functions: count() sum(f) min(f) max(f) avg(f) count_uniq(f), quantile(q) of f; each may end in: as name.
`;
