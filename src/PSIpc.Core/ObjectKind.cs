namespace PSIpc.Core;

/// <summary>The kinds of shared object. The numbers are part of the layout of the header and never change.</summary>
public enum ObjectKind
{
    /// <summary>No kind; never in a file.</summary>
    None = 0,

    /// <summary>A queue of messages.</summary>
    Queue = 1,

    /// <summary>The link between a process and the one that started it.</summary>
    Process = 2,

    /// <summary>A pipe between two ends.</summary>
    Pipe = 3,

    /// <summary>A topic: every subscription gets every message.</summary>
    Topic = 4,

    /// <summary>A lock.</summary>
    Lock = 5,

    /// <summary>A semaphore: a number of permits.</summary>
    Semaphore = 6,

    /// <summary>An event: set or not.</summary>
    Event = 7,

    /// <summary>A barrier: a number of participants that go on together.</summary>
    Barrier = 8,

    /// <summary>A condition that processes wait for under a lock.</summary>
    Condition = 9,

    /// <summary>One value of a type.</summary>
    Value = 10,

    /// <summary>An array of elements of one type.</summary>
    Array = 11,

    /// <summary>A block of bytes.</summary>
    Memory = 12,

    /// <summary>A dictionary of texts and bytes.</summary>
    Dictionary = 13,

    /// <summary>A pool of worker processes.</summary>
    Pool = 14,

    /// <summary>The link between a pool and one of its workers.</summary>
    Worker = 15,
}
