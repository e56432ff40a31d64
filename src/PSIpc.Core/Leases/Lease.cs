using PSIpc.Core.Platforms;

namespace PSIpc.Core.Leases;

/// <summary>
/// Proof that a process lives: a file of its own that it holds locked from its first shared object to its death.
/// </summary>
/// <remarks>
/// The kernel lets go of the lock at any death and at no other time, so whoever gets it knows that the holder is dead, and whoever does
/// not knows that it lives, be it stopped, in another pid namespace, or not to be inspected. A lease without a file is dead: only its
/// holder, on a clean exit, and a sweep that got the lock remove it. Ids are random and never used twice.
/// </remarks>
internal sealed class Lease : IDisposable
{
    /// <summary>How the names of lease files begin; the id in 32 hexadecimal digits follows.</summary>
    public const string FilePrefix = "psipc.lease.";

    private readonly SharedFile _file;
    private readonly string _path;

    private Lease(Guid id, SharedFile file, string path)
    {
        Id = id;
        _file = file;
        _path = path;
    }

    /// <summary>The id that participants name.</summary>
    public Guid Id { get; }

    /// <summary>Takes out a lease for this process in a folder.</summary>
    public static Lease Acquire(string directory)
    {
        while (true)
        {
            var id = Guid.NewGuid();
            string path = PathOf(directory, id);
            SharedFile file = Platform.Files.CreateNew(path, 0);

            // A sweep may have come between creation and lock, taken the lock itself and removed the file: then begin again.
            if (file.TryLock(exclusive: true) && file.IsLinked)
            {
                return new Lease(id, file, path);
            }

            file.Dispose();
            Platform.Files.Unlink(path);
        }
    }

    /// <summary>Whether the process behind a lease lives, asked of the kernel. Some microseconds.</summary>
    public static bool IsAlive(string directory, Guid id)
    {
        using SharedFile? file = Platform.Files.Open(PathOf(directory, id));

        // A shared lock, so that those who ask at the same time are not in each other's way.
        return file is not null && !file.TryLock(exclusive: false);
    }

    /// <summary>Sleeps in the kernel until the process behind a lease is dead. Cannot be interrupted: give it a thread.</summary>
    public static void WaitForDeath(string directory, Guid id)
    {
        using SharedFile? file = Platform.Files.Open(PathOf(directory, id));
        file?.LockShared();
    }

    /// <summary>Removes a lease file if its holder is dead; false when it lives.</summary>
    public static bool TryRemoveDead(string directory, Guid id, Action whileLocked)
    {
        string path = PathOf(directory, id);
        using SharedFile? file = Platform.Files.Open(path);

        // Shared, as those who ask whether it lives: an exclusive lock would look like its holder's.
        if (file is null || !file.TryLock(exclusive: false))
        {
            return false;
        }

        whileLocked();
        Platform.Files.Unlink(path);
        return true;
    }

    /// <summary>The file of a lease.</summary>
    public static string PathOf(string directory, Guid id) => Path.Combine(directory, $"{FilePrefix}{id:N}");

    /// <summary>Ends the lease as the death of its process would: the file stays, for a sweep to find.</summary>
    public void Abandon() => _file.Dispose();

    /// <summary>Gives the lease back on a clean exit.</summary>
    public void Dispose()
    {
        Platform.Files.Unlink(_path);
        _file.Dispose();
    }
}
