CREATE TABLE clicks (
    customer_id BIGINT,
    page STRING,
    clicked_at TIMESTAMP(3),
    WATERMARK FOR clicked_at AS clicked_at - INTERVAL '10' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');

CREATE TABLE sessions (
    customer_id BIGINT,
    started_at TIMESTAMP(3),
    ended_at TIMESTAMP(3),
    pages BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'obs://orders-lake/sessions', 'format' = 'parquet');

INSERT INTO sessions
SELECT
    customer_id,
    SESSION_START(clicked_at, INTERVAL '30' MINUTE),
    SESSION_END(clicked_at, INTERVAL '30' MINUTE),
    COUNT(*)
FROM clicks
GROUP BY customer_id, SESSION(clicked_at, INTERVAL '30' MINUTE);
