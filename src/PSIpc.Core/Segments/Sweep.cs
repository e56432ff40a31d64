using PSIpc.Core.Diagnostics;
using PSIpc.Core.Leases;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Segments;

/// <summary>Removes what killed processes left behind: their leases, files in the making, objects that nobody is attached to, lost blocks.</summary>
/// <remarks>
/// Nothing is judged by a pid or by age. A file in the making belongs to the lease in its name; an object is abandoned when, under its
/// lock, no participant's lease is alive; a block is lost when its object is gone. A dead lease is removed last, and only when all that
/// it may be named in could be looked at, so a sweep that is itself killed is done again by the next.
/// </remarks>
internal static unsafe class Sweep
{
    /// <summary>Sweeps a folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="everything">Look at every object, or (false) only when a lease shows that a process died.</param>
    public static void Run(IpcDirectory directory, bool everything)
    {
        List<Guid> dead = [];
        foreach (Guid lease in directory.Leases())
        {
            if (lease != directory.LeaseId && IsDead(directory, lease))
            {
                dead.Add(lease);
            }
        }

        if (dead.Count == 0 && !everything)
        {
            return;
        }

        bool complete = RemoveAbandonedObjects(directory);
        RemoveLostBlocks(directory);
        RemoveTemporaries(directory);
        if (complete)
        {
            foreach (Guid lease in dead)
            {
                Lease.TryRemoveDead(directory.FullPath, lease, static () => { });
            }
        }
    }

    private static bool IsDead(IpcDirectory directory, Guid lease)
    {
        try
        {
            return !Lease.IsAlive(directory.FullPath, lease);
        }
        catch (IpcException)
        {
            return false; // another user's
        }
    }

    private static bool RemoveAbandonedObjects(IpcDirectory directory)
    {
        bool complete = true;
        foreach ((string path, _, _) in directory.ObjectFiles())
        {
            try
            {
                complete &= RemoveIfAbandoned(directory, path);
            }
            catch (IpcException e)
            {
                // Another user's file is not ours to judge; for lack of memory or handles, the next sweep tries again.
                complete &= e.Kind == IpcErrorKind.PermissionDenied;
            }
        }

        return complete;
    }

    private static bool RemoveIfAbandoned(IpcDirectory directory, string path)
    {
        using SharedFile? file = Platform.Files.Open(path);
        if (file is null || file.Length < SegmentHeader.BodyOffset)
        {
            return true;
        }

        if (!file.TryLock(exclusive: true))
        {
            return false;
        }

        byte* header = file.Map(SegmentHeader.BodyOffset, readOnly: true);
        try
        {
            var segment = (SegmentHeader*)header;
            bool known = segment->Magic == SegmentHeader.MagicValue && segment->Version == SegmentHeader.CurrentVersion;
            if (!known || (segment->Flags & SegmentHeader.PersistentFlag) != 0 || !Segment.IsNamed(path, file.Identity))
            {
                return true;
            }

            var participants = new ParticipantTable(header + SegmentHeader.ParticipantsOffset, directory.FullPath, directory.LeaseId);
            if (participants.LivingProcesses().Count == 0)
            {
                if ((ObjectKind)segment->Kind is ObjectKind.Process or ObjectKind.Worker)
                {
                    // The child and its parent were killed: nobody else ends what the child started.
                    Platform.ProcessTrees.KillRest(0, segment->Id);
                }

                Segment.UnlinkWithBlocks(directory, path, segment);
                IpcEvents.Log.Swept(path);
            }

            return true;
        }
        finally
        {
            Platform.Files.Unmap(header, SegmentHeader.BodyOffset);
        }
    }

    private static void RemoveLostBlocks(IpcDirectory directory)
    {
        // A block's object was there before the block was. Listing the objects after the blocks can only find too many of them.
        List<(string Path, Guid Owner, ulong Position)> blocks = [.. directory.Blocks()];
        if (blocks.Count == 0)
        {
            return;
        }

        HashSet<Guid> living = [];
        foreach ((string path, _, _) in directory.ObjectFiles())
        {
            try
            {
                living.Add(ReadId(path));
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.PermissionDenied)
            {
                // Another user's object: so are its blocks.
            }
            catch (IpcException)
            {
                return; // An object that cannot be read now may be the one that a block belongs to.
            }
        }

        foreach ((string path, Guid owner, _) in blocks)
        {
            if (!living.Contains(owner) && IsOwn(path))
            {
                Platform.Files.Unlink(path);
            }
        }
    }

    /// <summary>The id of an object of any layout version: magic and id are where they are for good.</summary>
    private static Guid ReadId(string path)
    {
        using SharedFile? file = Platform.Files.Open(path);
        if (file is null || file.Length < SegmentHeader.Size)
        {
            return Guid.Empty;
        }

        byte* header = file.Map(SegmentHeader.Size, readOnly: true);
        try
        {
            var segment = (SegmentHeader*)header;
            return segment->Magic == SegmentHeader.MagicValue ? segment->Id : Guid.Empty;
        }
        finally
        {
            Platform.Files.Unmap(header, SegmentHeader.Size);
        }
    }

    private static bool IsOwn(string path)
    {
        try
        {
            using SharedFile? file = Platform.Files.Open(path);
            return file is not null;
        }
        catch (IpcException)
        {
            return false; // another user's: the administrator could remove it, but does not know who is attached to its object
        }
    }

    private static void RemoveTemporaries(IpcDirectory directory)
    {
        foreach ((string path, Guid lease) in directory.Temporaries())
        {
            if (lease != directory.LeaseId && IsDead(directory, lease))
            {
                SecondName.UnlinkThatOf(directory, path);
                Platform.Files.Unlink(path);
            }
        }
    }
}
