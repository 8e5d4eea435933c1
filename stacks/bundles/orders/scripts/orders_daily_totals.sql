INSERT OVERWRITE TABLE orders_lake.daily_totals PARTITION (order_day = '${day}')
SELECT
    shop_id,
    currency,
    count(*) AS orders,
    sum(amount) AS turnover,
    sum(CASE WHEN status = 'CANCELLED' THEN amount ELSE 0 END) AS cancelled
FROM orders_lake.orders
WHERE order_day = '${day}'
GROUP BY shop_id, currency;
