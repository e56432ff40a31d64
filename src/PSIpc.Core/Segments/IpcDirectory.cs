using System.Collections.Concurrent;
using PSIpc.Core.Leases;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Segments;

/// <summary>
/// The folder whose files are the shared objects. Processes that use the same folder share; <c>PSIPC_DIRECTORY</c> names another than the
/// system's own.
/// </summary>
public sealed class IpcDirectory
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "PSIPC_DIRECTORY";

    private const string TemporaryPrefix = "psipc.new.";
    private const string BlockPrefix = "psipc.block.";

    private static readonly ConcurrentDictionary<string, IpcDirectory> Known = new(StringComparer.Ordinal);

    private readonly object _leaseLock = new();
    private Lease? _lease;
    private volatile bool _hasMadeTemporaries;
    private volatile bool _leaveLease;

    static IpcDirectory() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        Segment.ReleaseAll();
        foreach (IpcDirectory directory in Known.Values)
        {
            directory.ReturnLease();
        }
    };

    private IpcDirectory(string path) => FullPath = path;

    /// <summary>The folder in use: the one that <c>PSIPC_DIRECTORY</c> names, else <c>/dev/shm</c> or what the platform has instead.</summary>
    public static IpcDirectory Default
    {
        get
        {
            string? named = Environment.GetEnvironmentVariable(Variable);
            return At(string.IsNullOrEmpty(named) ? Platform.Files.DefaultDirectory : named);
        }
    }

    /// <summary>The folder's full path.</summary>
    public string FullPath { get; }

    /// <summary>This process's lease, taken out when first needed.</summary>
    internal Guid LeaseId
    {
        get
        {
            lock (_leaseLock)
            {
                return (_lease ??= Lease.Acquire(FullPath)).Id;
            }
        }
    }

    /// <summary>This process's lease, if it has one; it takes none out for a look.</summary>
    internal Guid OwnLease
    {
        get
        {
            lock (_leaseLock)
            {
                return _lease?.Id ?? Guid.Empty;
            }
        }
    }

    /// <summary>A folder by its path.</summary>
    /// <param name="path">An existing folder.</param>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> when there is none.</exception>
    public static IpcDirectory At(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Known.TryGetValue(full, out IpcDirectory? known))
        {
            return known;
        }

        if (OperatingSystem.IsWindows() && full == Path.TrimEndingDirectorySeparator(Platform.Files.DefaultDirectory))
        {
            Directory.CreateDirectory(full);
        }

        return Directory.Exists(full)
            ? Known.GetOrAdd(full, static p => new IpcDirectory(p))
            : throw new IpcException(IpcErrorKind.NotFound, Messages.DirectoryNotFound.With(full, Variable), full);
    }

    /// <summary>Whether a path is that of the folder in use, or of one that was before.</summary>
    internal static bool IsInUse(string path) => Known.ContainsKey(path) || path == Default.FullPath;

    /// <summary>The objects in the folder, after a sweep of what dead processes left.</summary>
    public SharedObjectInfo[] List()
    {
        Sweep.Run(this, everything: true);
        return Look();
    }

    /// <summary>The objects in the folder as they are, also those that dead processes left: it only reads, and takes no lock of any object.</summary>
    public SharedObjectInfo[] Look()
    {
        var found = new List<SharedObjectInfo>();
        foreach ((string path, ObjectKind kind, string name) in ObjectFiles())
        {
            if (SharedObjectInfo.TryRead(this, path, kind, name) is { } info)
            {
                found.Add(info);
            }
        }

        return [.. found];
    }

    /// <inheritdoc/>
    public override string ToString() => FullPath;

    /// <summary>Removes the file of an object that cannot be opened, such as a damaged one. Processes that have it open keep it.</summary>
    internal void DeleteFile(ObjectKind kind, string name) => Platform.Files.Unlink(PathOf(kind, IpcName.Check(name)));

    /// <summary>The file of an object.</summary>
    internal string PathOf(ObjectKind kind, string name) => Path.Combine(FullPath, $"{ObjectPrefix(kind)}{name}");

    /// <summary>The file of a message that is too large for its ring.</summary>
    internal string BlockPath(Guid owner, ulong position) => Path.Combine(FullPath, $"{BlockPrefix}{owner:N}.{position:x16}");

    /// <summary>A path for a file in the making. It names the process that makes it, and is random, so that another user cannot create it beforehand.</summary>
    internal string NewTemporaryPath()
    {
        _hasMadeTemporaries = true;
        return Path.Combine(FullPath, $"{TemporaryPrefix}{LeaseId:N}.{Guid.NewGuid():N}");
    }

    /// <summary>The leases in the folder.</summary>
    internal IEnumerable<Guid> Leases() => Names(Lease.FilePrefix)
        .Select(n => Guid.TryParseExact(n[Lease.FilePrefix.Length..], "N", out Guid id) ? id : Guid.Empty)
        .Where(id => id != Guid.Empty);

    /// <summary>The files in the making: path and lease of the maker.</summary>
    internal IEnumerable<(string Path, Guid Lease)> Temporaries() => OwnedFiles(TemporaryPrefix).Select(f => (f.Path, f.Owner));

    /// <summary>The messages in files of their own: path, the object that they belong to, and the position of their record.</summary>
    internal IEnumerable<(string Path, Guid Owner, ulong Position)> Blocks()
    {
        foreach ((string path, Guid owner, string tail) in OwnedFiles(BlockPrefix))
        {
            if (ulong.TryParse(tail, System.Globalization.NumberStyles.HexNumber, null, out ulong position))
            {
                yield return (path, owner, position);
            }
        }
    }

    /// <summary>The files of objects that can be opened by name.</summary>
    internal IEnumerable<(string Path, ObjectKind Kind, string Name)> ObjectFiles()
    {
        foreach (ObjectKind kind in Enum.GetValues<ObjectKind>())
        {
            string prefix = ObjectPrefix(kind);
            foreach (string file in kind == ObjectKind.None ? [] : Names(prefix))
            {
                yield return (Path.Combine(FullPath, file), kind, file[prefix.Length..]);
            }
        }
    }

    /// <summary>The names of files that other programs made, and that can be the name of shared memory.</summary>
    internal IEnumerable<string> ForeignNames() => Files("*")
        .Where(path => Platform.Files.IsOwn(path))
        .Select(path => Path.GetFileName(path))
        .Where(name => IpcName.IsValid(name) && !name.StartsWith(SecondName.ReservedPrefix, StringComparison.Ordinal) && !name.StartsWith("sem.", StringComparison.Ordinal));

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Globalization", "CA1308", Justification = "File names are in lower case.")]
    private static string ObjectPrefix(ObjectKind kind) => $"psipc.{kind.ToString().ToLowerInvariant()}.";

    private IEnumerable<(string Path, Guid Owner, string Tail)> OwnedFiles(string prefix)
    {
        foreach (string name in Names(prefix))
        {
            string[] parts = name[prefix.Length..].Split('.');
            if (parts.Length == 2 && Guid.TryParseExact(parts[0], "N", out Guid owner))
            {
                yield return (Path.Combine(FullPath, name), owner, parts[1]);
            }
        }
    }

    private string[] Files(string pattern)
    {
        try
        {
            return Directory.GetFiles(FullPath, pattern);
        }
        catch (IOException e) when (e is not DirectoryNotFoundException)
        {
            throw new IpcException(IpcErrorKind.OutOfMemory, Messages.NoMoreFiles.With(e.Message), FullPath, e);
        }
    }

    /// <summary>The names of this user's files with a prefix. Files of other users, links, pipes and folders are none of ours, whatever their names.</summary>
    private List<string> Names(string prefix) => Files(prefix + "*")
        .Where(p => Platform.Files.IsOwn(p))
        .Select(p => Path.GetFileName(p))
        .Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && n.Length > prefix.Length)
        .ToList();

    /// <summary>Has the lease's file stay when this process exits, so that the next object made anywhere in the folder is preceded by a sweep.</summary>
    internal void LeaveLeaseToSweep() => _leaveLease = true;

    private void ReturnLease()
    {
        lock (_leaseLock)
        {
            // A thread that the exit stops in the middle of a large message leaves its file: that is for a sweep too.
            if (_lease is { } lease && (_leaveLease || HasTemporariesOf(lease.Id)))
            {
                lease.Abandon();
            }
            else
            {
                _lease?.Dispose();
            }

            _lease = null;
        }
    }

    private bool HasTemporariesOf(Guid lease)
    {
        try
        {
            return _hasMadeTemporaries && Temporaries().Any(t => t.Lease == lease);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // the folder itself is gone
        }
    }
}
