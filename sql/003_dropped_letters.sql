-- Dead letters that were given up. Safe to run again.

use article_sys;

-- As they stood in read_count_dead_letters. Their views stay in the books as dead-lettered.
CREATE TABLE IF NOT EXISTS `read_count_dropped_letters` (
   `id` bigint unsigned NOT NULL COMMENT 'as it was among the dead letters',
   `life` bigint unsigned NOT NULL,
   `epoch` bigint unsigned NOT NULL,
   `field_hash` binary(32) NOT NULL COMMENT 'SHA-256 of the whole field',
   `field` varbinary(255) NOT NULL COMMENT 'the field, cut to 255 bytes',
   `value` varbinary(255) NOT NULL COMMENT 'its value, cut to 255 bytes',
   `views` bigint NOT NULL DEFAULT '0' COMMENT 'the value as a number; 0 if it is none',
   `reason` varchar(40) NOT NULL COMMENT 'why it was dead',
   `created_at` datetime(6) NOT NULL COMMENT 'UTC, when it was put among the dead letters',
   `dropped_at` datetime(6) NOT NULL COMMENT 'UTC',
   `dropped_by` varchar(64) NOT NULL DEFAULT '' COMMENT 'as given in the request',
   PRIMARY KEY (`life`,`epoch`,`field_hash`),
   KEY `idx_dropped_at` (`dropped_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
