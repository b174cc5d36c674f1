-- What the syncer keeps beside the articles. Safe to run again.

use article_sys;

-- How far each life of the Redis data has reached MySQL: batches before `epoch` are in, and of `epoch` the
-- ids up to `through_id`. The row moves in the same transaction as the counts it speaks of.
CREATE TABLE IF NOT EXISTS `read_count_positions` (
   `life` bigint unsigned NOT NULL COMMENT '64 random bits that name one unbroken history of the Redis data',
   `epoch` bigint unsigned NOT NULL DEFAULT '1' COMMENT 'every batch before this one is applied',
   `through_id` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'of batch `epoch`, ids up to this are applied',
   `batch_name` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'the batch that moved the position last',
   `closed` tinyint unsigned NOT NULL DEFAULT '0' COMMENT '1: the life is over, nothing of it may be applied any more',
   `recorded` decimal(30,0) NOT NULL DEFAULT '0' COMMENT 'views that article services recorded in finished batches',
   `added_by_others` decimal(30,0) NOT NULL DEFAULT '0' COMMENT 'increments beyond those, in finished batches',
   `taken_by_others` decimal(30,0) NOT NULL DEFAULT '0' COMMENT 'increments missing from those, in finished batches',
   `applied` decimal(30,0) NOT NULL DEFAULT '0' COMMENT 'views added to articles.read_count',
   `dead_lettered` decimal(30,0) NOT NULL DEFAULT '0' COMMENT 'views put into read_count_dead_letters',
   `created_at` datetime(6) NOT NULL COMMENT 'UTC',
   `updated_at` datetime(6) NOT NULL COMMENT 'UTC',
   PRIMARY KEY (`life`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

-- Up to which batch of views MySQL has what each writer (an article service) recorded in a life.
CREATE TABLE IF NOT EXISTS `read_count_writers` (
   `life` bigint unsigned NOT NULL,
   `writer` bigint unsigned NOT NULL COMMENT 'random, one per process',
   `seq` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'in finished batches',
   `batch_seq` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'in finished batches and, ids up to through_id, in the one that has begun',
   `updated_at` datetime(6) NOT NULL COMMENT 'UTC',
   PRIMARY KEY (`life`,`writer`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

-- Fields of the hash that could not be added to an article, each with the reason. One row per field and batch.
CREATE TABLE IF NOT EXISTS `read_count_dead_letters` (
   `id` bigint unsigned NOT NULL AUTO_INCREMENT,
   `life` bigint unsigned NOT NULL,
   `epoch` bigint unsigned NOT NULL,
   `field_hash` binary(32) NOT NULL COMMENT 'SHA-256 of the whole field',
   `field` varbinary(255) NOT NULL COMMENT 'the field, cut to 255 bytes',
   `value` varbinary(255) NOT NULL COMMENT 'its value, cut to 255 bytes',
   `views` bigint NOT NULL DEFAULT '0' COMMENT 'the value as a number; 0 if it is none',
   `reason` varchar(40) NOT NULL COMMENT 'not_an_article_id, not_a_number, no_such_article, overflow, negative_result',
   `created_at` datetime(6) NOT NULL COMMENT 'UTC',
   PRIMARY KEY (`id`),
   UNIQUE KEY `idx_batch_field` (`life`,`epoch`,`field_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

-- The history of runs.
CREATE TABLE IF NOT EXISTS `read_count_sync_runs` (
   `id` bigint unsigned NOT NULL AUTO_INCREMENT,
   `started_at` datetime(6) NOT NULL COMMENT 'UTC',
   `finished_at` datetime(6) NOT NULL COMMENT 'UTC',
   `duration_us` bigint unsigned NOT NULL COMMENT 'monotonic, microseconds',
   `outcome` varchar(10) NOT NULL COMMENT 'succeeded, failed',
   `articles` bigint unsigned NOT NULL,
   `views` decimal(30,0) NOT NULL,
   `dead_letters` bigint unsigned NOT NULL,
   `batches` int unsigned NOT NULL,
   `resumed` tinyint unsigned NOT NULL COMMENT '1: finished a batch that an earlier run had left',
   `error` varchar(1000) NOT NULL DEFAULT '',
   `requested_by` varchar(64) NOT NULL DEFAULT '',
   PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
