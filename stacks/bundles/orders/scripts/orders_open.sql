INSERT OVERWRITE TABLE orders_lake.open_orders
SELECT order_id, shop_id, amount, created_at
FROM orders_lake.orders
WHERE status IN ('NEW', 'PAID', 'PACKED');
