CREATE TABLE orders (
    order_id BIGINT,
    customer_id BIGINT,
    amount DECIMAL(12, 2),
    created_at TIMESTAMP(3),
    WATERMARK FOR created_at AS created_at - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json');

CREATE TABLE alerts (
    customer_id BIGINT,
    window_end TIMESTAMP(3),
    spent DECIMAL(12, 2)
) WITH ('connector' = 'kafka', 'topic' = 'order-alerts', 'format' = 'json');

INSERT INTO alerts
SELECT customer_id, TUMBLE_END(created_at, INTERVAL '1' HOUR), SUM(amount)
FROM orders
GROUP BY customer_id, TUMBLE(created_at, INTERVAL '1' HOUR)
HAVING SUM(amount) > 10000;
