INSERT INTO orders_lake.quality
SELECT
    '${day}' AS order_day,
    count(*) AS total_rows,
    count(*) - count(DISTINCT order_id) AS duplicates,
    sum(CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END) AS without_customer
FROM orders_lake.orders
WHERE order_day = '${day}';
