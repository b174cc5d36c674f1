// How the programs' allocator, jemalloc, holds memory. Texts and records are made by one thread and freed by
// another for months; glibc's malloc answers that with a heap in splinters: the rate of one hot article falls
// by a quarter once 100,000 others have been read, and does not come back.
//
//   narenas:1            One heap for all threads: 127 MB instead of 146 in ArticleService under a million
//                        articles, and no slower, because each thread keeps a cache of its own.
//   dirty_decay_ms:1000  What a load has left free goes back to the system after a second instead of ten.

// Read by jemalloc when the program starts; `MALLOC_CONF` in the environment overrides it.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:1,dirty_decay_ms:1000,muzzy_decay_ms:0";
