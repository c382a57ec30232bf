-- What a connector's user needs; run by the images of MySQL and MariaDB when they make their databases.
GRANT SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO cdc@'%';
