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
}
