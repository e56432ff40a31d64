using System.Runtime.InteropServices;
using System.Text;
using PSIpc.Core.Leases;

namespace PSIpc.Core.Segments;

/// <summary>
/// The first bytes of every shared object, as docs/protocol.md lays them down. Written once before the file gets its name, but for
/// <see cref="State"/> and <see cref="HasBlocks"/>.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal unsafe struct SegmentHeader
{
    /// <summary>Bytes of the header proper.</summary>
    public const int Size = 4096;

    /// <summary>Where the participants' table begins.</summary>
    public const int ParticipantsOffset = Size;

    /// <summary>Where the object's own bytes begin.</summary>
    public const int BodyOffset = Size + ParticipantTable.Size;

    /// <summary><c>PSIPCSEG</c> in the order of the bytes in the file.</summary>
    public const ulong MagicValue = 0x4745_5343_5049_5350;

    /// <summary>The layout that this code reads and writes; any other is refused.</summary>
    public const uint CurrentVersion = 1;

    /// <summary><see cref="State"/> of an object that can be opened.</summary>
    public const uint Live = 0;

    /// <summary><see cref="State"/> of an object that was removed; never leaves it.</summary>
    public const uint Removed = 1;

    /// <summary>Bit of <see cref="Flags"/>: the object stays when its last process leaves.</summary>
    public const uint PersistentFlag = 1;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public uint Version;

    [FieldOffset(12)]
    public uint Kind;

    [FieldOffset(16)]
    public ulong TotalSize;

    [FieldOffset(24)]
    public ulong Body;

    [FieldOffset(32)]
    public Guid Id;

    [FieldOffset(48)]
    public long CreatedTicks;

    [FieldOffset(56)]
    public uint Flags;

    [FieldOffset(60)]
    public uint State;

    [FieldOffset(64)]
    public int CreatorProcessId;

    [FieldOffset(68)]
    public uint HasBlocks;

    [FieldOffset(72)]
    public uint ParticipantSlots;

    [FieldOffset(76)]
    public int NameLength;

    [FieldOffset(80)]
    public fixed byte NameBytes[IpcName.MaxLength];

    /// <summary>Fills the header of a new object.</summary>
    public void Initialize(ObjectKind kind, string name, ulong totalSize, bool persistent)
    {
        Version = CurrentVersion;
        Kind = (uint)kind;
        TotalSize = totalSize;
        Body = BodyOffset;
        Id = Guid.NewGuid();
        CreatedTicks = DateTime.UtcNow.Ticks;
        Flags = persistent ? PersistentFlag : 0;
        CreatorProcessId = Environment.ProcessId;
        ParticipantSlots = ParticipantTable.SlotCount;
        NameLength = name.Length;
        fixed (byte* bytes = NameBytes)
        {
            Encoding.ASCII.GetBytes(name, new Span<byte>(bytes, IpcName.MaxLength));
        }

        Magic = MagicValue;
    }

    /// <summary>What is wrong with a header that was found under an object's file name; null when nothing is.</summary>
    public readonly IpcException? Validate(ObjectKind kind, string name, long fileLength)
    {
        if (Magic != MagicValue)
        {
            return new IpcException(IpcErrorKind.CorruptData, Messages.ObjectFileForeign.With(kind, name), name);
        }

        if (Version != CurrentVersion)
        {
            return new IpcException(IpcErrorKind.VersionMismatch, Messages.ObjectLayoutVersion.With(kind, name, Version, CurrentVersion), name);
        }

        if ((ulong)fileLength < TotalSize || TotalSize < BodyOffset || Body != BodyOffset || ParticipantSlots != ParticipantTable.SlotCount)
        {
            return new IpcException(IpcErrorKind.CorruptData, Messages.ObjectFileSize.With(kind, name, fileLength, TotalSize), name);
        }

        return Kind == (uint)kind ? null : new IpcException(IpcErrorKind.CorruptData, Messages.ObjectOfAnotherKind.With(kind, name, Kind), name);
    }
}
