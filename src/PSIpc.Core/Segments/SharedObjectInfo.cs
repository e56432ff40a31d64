using PSIpc.Core.Leases;
using PSIpc.Core.Platforms;
using PSIpc.Core.Synchronization;

namespace PSIpc.Core.Segments;

/// <summary>What can be said of a shared object from its header, without being attached to it.</summary>
public sealed unsafe class SharedObjectInfo
{
    private SharedObjectInfo(ObjectKind kind, string name, string path, SegmentHeader* header, ParticipantTable participants, long mapped, long size)
    {
        Kind = kind;
        Name = name;
        FilePath = path;
        Size = size;
        Id = header->Id;
        CreatorProcessId = header->CreatorProcessId;
        AttachedProcesses = [.. participants.LivingProcesses()];
        WaitingProcesses = [.. participants.WaitingProcesses()];
        byte* body = (byte*)header + SegmentHeader.BodyOffset;
        HolderProcesses = [.. Holders.Of(kind, body, mapped - SegmentHeader.BodyOffset, participants)];
        Counts = ObjectCounts.Of(kind, name, body, mapped - SegmentHeader.BodyOffset, size - SegmentHeader.BodyOffset, participants);
        IsPersistent = (header->Flags & SegmentHeader.PersistentFlag) != 0;
        Created = new DateTime(Math.Clamp(header->CreatedTicks, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc).ToLocalTime();
    }

    /// <summary>The kind of object.</summary>
    public ObjectKind Kind { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The identity that tells it from others that had its name before.</summary>
    public Guid Id { get; }

    /// <summary>The process that made it, which may be gone.</summary>
    public int CreatorProcessId { get; }

    /// <summary>The living processes that have it open.</summary>
    public int[] AttachedProcesses { get; }

    /// <summary>The living processes that hold its lock or permits of a semaphore: one at most for all kinds but semaphores.</summary>
    public int[] HolderProcesses { get; }

    /// <summary>The living processes that wait for it: for its lock, a permit, a message, room for one. One that waits for several objects at once is among those of each.</summary>
    public int[] WaitingProcesses { get; }

    /// <summary>How much is in it and has gone through it; null where there is nothing to count.</summary>
    public ObjectCounts? Counts { get; }

    /// <summary>Whether no living process has it open.</summary>
    public bool IsOrphaned => AttachedProcesses.Length == 0;

    /// <summary>Whether it stays when the last process leaves.</summary>
    public bool IsPersistent { get; }

    /// <summary>The bytes of memory that it has reserved.</summary>
    public long Size { get; }

    /// <summary>When it was made, in local time.</summary>
    public DateTime Created { get; }

    /// <summary>Its file.</summary>
    public string FilePath { get; }

    /// <summary>Reads an object's header; null when the file is gone, foreign, damaged or not to be opened.</summary>
    internal static SharedObjectInfo? TryRead(IpcDirectory directory, string path, ObjectKind kind, string name)
    {
        try
        {
            using SharedFile? file = Platform.Files.Open(path);
            if (file is null || file.Length < SegmentHeader.BodyOffset)
            {
                return null;
            }

            long length = file.Length;
            long toLookAt = Math.Max(Holders.BytesToLookAt, ObjectCounts.BytesToLookAt(kind));
            var mapped = (nuint)Math.Min(length, Math.Min(toLookAt, length) + SegmentHeader.BodyOffset);
            byte* bytes = file.Map(mapped, readOnly: true);
            try
            {
                var header = (SegmentHeader*)bytes;
                if (header->Validate(kind, name, length) is not null)
                {
                    return null;
                }

                var participants = new ParticipantTable(bytes + SegmentHeader.ParticipantsOffset, directory.FullPath, directory.OwnLease);
                return new SharedObjectInfo(kind, name, path, header, participants, (long)mapped, length);
            }
            finally
            {
                Platform.Files.Unmap(bytes, mapped);
            }
        }
        catch (IpcException)
        {
            return null;
        }
    }
}
