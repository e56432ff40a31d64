using PSIpc.Core.Leases;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Segments;

/// <summary>What can be said of a shared object from its header, without being attached to it.</summary>
public sealed unsafe class SharedObjectInfo
{
    private SharedObjectInfo(ObjectKind kind, string name, string path, SegmentHeader* header, List<int> processes, long size)
    {
        Kind = kind;
        Name = name;
        FilePath = path;
        Size = size;
        Id = header->Id;
        CreatorProcessId = header->CreatorProcessId;
        AttachedProcesses = processes;
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
    public IReadOnlyList<int> AttachedProcesses { get; }

    /// <summary>Whether no living process has it open.</summary>
    public bool IsOrphaned => AttachedProcesses.Count == 0;

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
            byte* bytes = file.Map(SegmentHeader.BodyOffset, readOnly: true);
            try
            {
                var header = (SegmentHeader*)bytes;
                if (header->Validate(kind, name, length) is not null)
                {
                    return null;
                }

                var participants = new ParticipantTable(bytes + SegmentHeader.ParticipantsOffset, directory.FullPath, directory.LeaseId);
                return new SharedObjectInfo(kind, name, path, header, participants.LivingProcesses(), length);
            }
            finally
            {
                Platform.Files.Unmap(bytes, SegmentHeader.BodyOffset);
            }
        }
        catch (IpcException)
        {
            return null;
        }
    }
}
