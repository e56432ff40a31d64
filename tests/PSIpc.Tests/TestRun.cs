// Many tests wait most of their time, for processes and servers: more run at a time than there are processors.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
