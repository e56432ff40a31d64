using PSIpc.Core.Diagnostics;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Segments;

/// <summary>How a process lets go of an object, and takes it along when it is the last one.</summary>
internal sealed unsafe partial class Segment
{
    /// <summary>Lets go of one reference; the last one leaves the object, and takes it along if nobody is left in it.</summary>
    public void Release()
    {
        lock (CacheLock)
        {
            if (_references == 0 || --_references > 0)
            {
                return;
            }

            Forget();
        }

        try
        {
            OnLeaving?.Invoke(this);
        }
        catch (IpcException)
        {
            // Damaged: that its participant id lives no more is enough for who looks.
        }

        Leave();
    }

    /// <summary>Takes the object's name away for good; who has it open keeps it until they let go.</summary>
    public void Remove()
    {
        lock (CacheLock)
        {
            if (Cache.TryGetValue(FilePath, out Segment? cached) && cached == this)
            {
                Cache.Remove(FilePath);
            }
        }

        if (_retired)
        {
            return;
        }

        using SharedFile? file = Platform.Files.Open(FilePath);
        if (file is not null && file.Identity == _identity)
        {
            LockForRegistration(file, Kind, Name);
            if (IsNamed(FilePath, _identity))
            {
                Volatile.Write(ref Header->State, SegmentHeader.Removed);
                UnlinkWithBlocks(Directory, FilePath, Header);
                IpcEvents.Log.Removed(this);
            }
        }
    }

    /// <summary>Leaves every object: the process exits.</summary>
    internal static void ReleaseAll()
    {
        Segment[] all;
        lock (CacheLock)
        {
            all = [.. Attached];
            foreach (Segment segment in all)
            {
                segment._references = 0;
                segment.Forget();
            }
        }

        foreach (Segment segment in all)
        {
            segment.Leave();
        }
    }

    /// <summary>Removes the file of an object and the blocks that belong to it.</summary>
    internal static void UnlinkWithBlocks(IpcDirectory directory, string path, SegmentHeader* header)
    {
        SecondName.Unlink(directory, path, header);
        Platform.Files.Unlink(path);
        if (Volatile.Read(ref header->HasBlocks) == 0)
        {
            return;
        }

        foreach ((string block, Guid owner, _) in directory.Blocks())
        {
            if (owner == header->Id)
            {
                Platform.Files.Unlink(block);
            }
        }
    }

    private void Forget()
    {
        if (Cache.TryGetValue(FilePath, out Segment? cached) && cached == this)
        {
            Cache.Remove(FilePath);
        }

        Attached.Remove(this);
    }

    private void Leave()
    {
        bool isLast = false;
        try
        {
            // First the shared words, so that no thread of this process is still at them when its slot is free and its locks taken over.
            RetireBody();
            using SharedFile? file = Platform.Files.Open(FilePath);
            if (file is null || file.Identity != _identity)
            {
                Participants.Release(Participant);
                return;
            }

            LockForRegistration(file, Kind, Name);
            Participants.Release(Participant);
            isLast = !IsPersistent && IsNamed(FilePath, _identity) && Participants.LivingProcesses().Count == 0;
            if (isLast)
            {
                Volatile.Write(ref Header->State, SegmentHeader.Removed);
                UnlinkWithBlocks(Directory, FilePath, Header);
            }
        }
        catch (IpcException)
        {
            // Somebody is stopped inside, or the folder is gone: leave without the look for who is left, and have a sweep look.
            Participants.Release(Participant);
            Directory.LeaveLeaseToSweep();
        }
        finally
        {
            Retire();
            IpcEvents.Log.LetGo(this, isLast);
        }
    }

    private void RetireBody()
    {
        _retired = true;
        if (SegmentHeader.BodyOffset % Environment.SystemPageSize == 0)
        {
            Platform.Files.Retire(Body, BodySize);
        }
    }

    private void Retire()
    {
        _retired = true;
        Platform.Files.Retire(Base, Size);
    }
}
