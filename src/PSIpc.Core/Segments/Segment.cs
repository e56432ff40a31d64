using PSIpc.Core.Diagnostics;
using PSIpc.Core.Leases;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Segments;

/// <summary>
/// A shared object's file, mapped into this process once however many handles there are, with a slot in its table of participants.
/// </summary>
/// <remarks>
/// A file gets its name when it is complete, and loses it under its lock when the last living participant leaves; opening registers under
/// the same lock and begins again when the name was lost in between. So nobody registers in a file that nobody else will find.
/// The mapping goes in two steps: at the last release its memory is given back, with harmless zeros in its place, and its addresses are
/// freed when nothing refers to this object any more, so that a thread still inside a call never touches an unmapped page.
/// </remarks>
internal sealed unsafe partial class Segment
{
    private static readonly object CacheLock = new();
    private static readonly Dictionary<string, Segment> Cache = new(StringComparer.Ordinal);
    private static readonly HashSet<Segment> Attached = [];
    private static readonly TimeSpan RegistrationTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MaxFinalizerTime = TimeSpan.FromSeconds(5);

    private readonly FileIdentity _identity;
    private int _references = 1;
    private volatile bool _retired;

    private Segment(IpcDirectory directory, ObjectKind kind, string name, SharedFile file, byte* address, nuint size)
    {
        Directory = directory;
        Kind = kind;
        Name = name;
        _identity = file.Identity;
        Base = address;
        Size = size;
        Participants = new ParticipantTable(address + SegmentHeader.ParticipantsOffset, directory.FullPath, directory.LeaseId);
    }

    ~Segment() => Platform.Files.Unmap(Base, Size);

    public IpcDirectory Directory { get; }

    public ObjectKind Kind { get; }

    public string Name { get; }

    /// <summary>The mapping. Valid while a reference to this object is held; zeros once <see cref="IsRetired"/>.</summary>
    public byte* Base { get; }

    public nuint Size { get; }

    public byte* Body => Base + SegmentHeader.BodyOffset;

    public nuint BodySize => Size - SegmentHeader.BodyOffset;

    public ParticipantTable Participants { get; }

    /// <summary>This process's participant id.</summary>
    public uint Participant { get; private set; }

    public Guid Id { get; private set; }

    /// <summary>What to do before this process lets go of the object.</summary>
    public Action<Segment>? OnLeaving { get; set; }

    /// <summary>Whether this process let go of the object.</summary>
    public bool IsRetired => _retired;

    /// <summary>Whether the object was removed; its name is free or means another object.</summary>
    public bool IsRemoved => _retired || Volatile.Read(ref Header->State) == SegmentHeader.Removed;

    public bool IsPersistent => (Header->Flags & SegmentHeader.PersistentFlag) != 0;

    public DateTime Created => new(Math.Clamp(Header->CreatedTicks, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc);

    /// <summary>The objects that this process has open.</summary>
    public static IReadOnlyList<Segment> Open
    {
        get
        {
            lock (CacheLock)
            {
                return [.. Attached];
            }
        }
    }

    private SegmentHeader* Header => (SegmentHeader*)Base;

    private string FilePath => Directory.PathOf(Kind, Name);

    /// <summary>Makes an object: reserves its memory, lets <paramref name="initialize"/> fill the body, then gives it its name.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="name">Its name.</param>
    /// <param name="bodySize">Bytes after the header.</param>
    /// <param name="persistent">Whether it stays when the last process leaves it.</param>
    /// <param name="initialize">Fills the body, before any other process can open it.</param>
    /// <param name="openExisting">Open the object that has the name, where there is one; processes that do so at the same time all get the same one.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.AlreadyExists"/>, <see cref="IpcErrorKind.OutOfMemory"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    public static Segment Create(
        IpcDirectory directory, ObjectKind kind, string name, long bodySize, bool persistent, Action<Segment> initialize, bool openExisting = false) =>
        Create(directory, kind, name, bodySize, persistent, initialize, openExisting, out _);

    /// <summary>As the other one; <paramref name="isMade"/> says whether the object was made, not opened.</summary>
    public static Segment Create(
        IpcDirectory directory, ObjectKind kind, string name, long bodySize, bool persistent, Action<Segment> initialize, bool openExisting, out bool isMade)
    {
        Waiting.Deadline deadline = Waiting.Deadline.After(RegistrationTimeout);
        while (true)
        {
            // What dead processes left behind is not opened, and does not keep its name.
            Sweep.Run(directory, everything: false);
            Segment? segment = openExisting ? TryOpen(directory, kind, name) : null;
            isMade = segment is null;
            segment ??= TryCreate(directory, kind, name, bodySize, persistent, initialize);
            if (segment is not null)
            {
                return segment;
            }

            // Another process was faster between the two steps: its object is opened, or made after all where it is removed again.
            if (!openExisting || !SecondName.IsFreeOrOf(directory, kind, name))
            {
                throw NameTaken(directory, kind, name);
            }

            if (deadline.IsOver)
            {
                throw new IpcException(IpcErrorKind.Timeout, Messages.ObjectBeingOpenedByStopped.With(kind, name), name);
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>Makes an object; null when its name is taken.</summary>
    private static Segment? TryCreate(IpcDirectory directory, ObjectKind kind, string name, long bodySize, bool persistent, Action<Segment> initialize)
    {
        string path = directory.PathOf(kind, IpcName.Check(name));
        string temporary = directory.NewTemporaryPath();
        nuint size = checked((nuint)(SegmentHeader.BodyOffset + bodySize));
        using SharedFile file = CreateFile(temporary, (long)size);
        Segment? segment = null;
        try
        {
            segment = new Segment(directory, kind, name, file, file.Map(size, readOnly: false), size);
            segment.Participant = segment.Participants.Claim(name);
            segment.Header->Initialize(kind, name, size, persistent);
            segment.Id = segment.Header->Id;
            initialize(segment);
            // The second name first: a crash in between leaves it to the sweep of the temporary file.
            if (!SecondName.TryLink(directory, kind, name, temporary) || !Platform.Files.TryPublish(temporary, path))
            {
                Discard();
                return null;
            }
        }
        catch
        {
            Discard();
            throw;
        }

        lock (CacheLock)
        {
            Cache[path] = segment;
            Attached.Add(segment);
        }

        IpcEvents.Log.Made(segment);
        return segment;

        void Discard()
        {
            SecondName.Unlink(directory, kind, name, file.Identity);
            Platform.Files.Unlink(temporary);
            segment?.Retire();
        }
    }

    /// <summary>Opens an object and registers this process in it; null when there is none.</summary>
    /// <exception cref="IpcException">The file is foreign, damaged, of another version or of another user.</exception>
    public static Segment? TryOpen(IpcDirectory directory, ObjectKind kind, string name)
    {
        string path = directory.PathOf(kind, IpcName.Check(name));
        while (true)
        {
            using SharedFile? file = Platform.Files.Open(path);
            if (file is null)
            {
                return null;
            }

            if (FromCache(path, file.Identity) is { } known)
            {
                return known;
            }

            LockForRegistration(file, kind, name);
            if (IsNamed(path, file.Identity))
            {
                Segment attached = Attach(directory, kind, name, path, file);
                SecondName.TryLink(directory, kind, name, path);
                return attached;
            }
        }
    }

    /// <summary>Takes another reference for another handle.</summary>
    public Segment AddReference()
    {
        lock (CacheLock)
        {
            ObjectDisposedException.ThrowIf(_references == 0, this);
            _references++;
            return this;
        }
    }

    /// <summary>Opens the object's file once more, for as long as it has its name.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the object was removed.</exception>
    public SharedFile OpenFile()
    {
        SharedFile? file = Platform.Files.Open(FilePath);
        if (file is not null && file.Identity == _identity)
        {
            return file;
        }

        file?.Dispose();
        throw new IpcException(IpcErrorKind.Closed, Messages.ObjectRemoved.With(Kind, Name), Name);
    }

    /// <summary>Maps the whole file a second time, without the right to write. The caller frees it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.Closed"/> when the object was removed.</exception>
    public byte* MapReadOnly()
    {
        using SharedFile file = OpenFile();
        return file.Map(Size, readOnly: true);
    }

    /// <summary>Refuses a file that is too short for its kind.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.CorruptData"/>.</exception>
    public void RequireBody(long bytes)
    {
        if ((long)BodySize < bytes)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.ObjectFileTooShort.With(Kind, Name), Name);
        }
    }

    /// <summary>Whether the object ever had messages in files of their own.</summary>
    public bool HasBlocks => Volatile.Read(ref Header->HasBlocks) != 0;

    /// <summary>Notes that the object has messages in files of their own, which its removal must look for.</summary>
    public void NoteBlocks() => Volatile.Write(ref Header->HasBlocks, 1);

    /// <summary>
    /// Whether a path still names a file whose lock the caller holds. Nobody but the holder takes the name away or gives it to another
    /// file; that the file has any name is not enough, for its maker may not yet have dropped the temporary one.
    /// </summary>
    internal static bool IsNamed(string path, FileIdentity identity)
    {
        using SharedFile? named = Platform.Files.Open(path);
        return named is not null && named.Identity == identity;
    }

    /// <summary>The exception for a name that is taken: who has it, and what can be done.</summary>
    private static IpcException NameTaken(IpcDirectory directory, ObjectKind kind, string name)
    {
        try
        {
            using SharedFile? own = Platform.Files.Open(directory.PathOf(kind, name));
            return new IpcException(
                IpcErrorKind.AlreadyExists, own is not null || SecondName.IsFreeOrOf(directory, kind, name) ? Messages.ObjectExists.With(kind, name) : Messages.SharedMemoryNameTaken.With(kind, name), name);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.PermissionDenied)
        {
            return new IpcException(IpcErrorKind.AlreadyExists, Messages.ObjectOfAnotherUser.With(kind, name), name, e);
        }
    }

    private static Segment? FromCache(string path, FileIdentity identity)
    {
        lock (CacheLock)
        {
            if (Cache.TryGetValue(path, out Segment? known) && known._identity == identity && !known.IsRemoved)
            {
                known._references++;
                return known;
            }

            return null;
        }
    }

    private static Segment Attach(IpcDirectory directory, ObjectKind kind, string name, string path, SharedFile file)
    {
        long length = file.Length;
        if (length < SegmentHeader.BodyOffset)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.ObjectFileForeignOrCut.With(kind, name, length, path), name);
        }

        byte* address = file.Map((nuint)length, readOnly: false);
        var segment = new Segment(directory, kind, name, file, address, (nuint)length);
        try
        {
            if (segment.Header->Validate(kind, name, length) is { } fault)
            {
                throw fault;
            }

            segment.Id = segment.Header->Id;
            segment.Participant = segment.Participants.Claim(name);
        }
        catch
        {
            segment.Retire();
            throw;
        }

        lock (CacheLock)
        {
            Cache[path] = segment;
            Attached.Add(segment);
        }

        IpcEvents.Log.Opened(segment);
        return segment;
    }

    /// <summary>Makes a file. Before it says that there is no room, it has the garbage collector release what nothing refers to any more.</summary>
    private static SharedFile CreateFile(string path, long size)
    {
        try
        {
            return Platform.Files.CreateNew(path, size);
        }
        catch (IpcException e) when (e.Kind == IpcErrorKind.OutOfMemory)
        {
            GC.Collect();
            var finalizers = new Thread(GC.WaitForPendingFinalizers) { IsBackground = true, Name = "PSIpc finalizers" };
            finalizers.Start();
            finalizers.Join(MaxFinalizerTime); // Any of them may wait for what the caller holds.
            return Platform.Files.CreateNew(path, size);
        }
    }

    /// <summary>Registration takes microseconds, so only a process stopped in the middle of it keeps others waiting.</summary>
    private static void LockForRegistration(SharedFile file, ObjectKind kind, string name)
    {
        Waiting.Deadline deadline = Waiting.Deadline.After(RegistrationTimeout);
        while (!file.TryLock(exclusive: true))
        {
            if (deadline.IsOver)
            {
                throw new IpcException(IpcErrorKind.Timeout, Messages.ObjectBeingOpenedByStopped.With(kind, name), name);
            }

            Thread.Sleep(1);
        }
    }
}
