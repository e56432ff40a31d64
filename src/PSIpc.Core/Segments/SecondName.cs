using System.Text;
using PSIpc.Core.Platforms;

namespace PSIpc.Core.Segments;

/// <summary>
/// The plain name that the file of an array or a block of memory has beside its own: by it Python's <c>SharedMemory(name)</c> and
/// <c>shm_open</c> find it.
/// </summary>
/// <remarks>
/// The plain name is only ever for others: this module finds objects by their own names. It comes first and goes first, so that a crash leaves
/// either an object that the next opening or sweep completes, or a temporary file that tells of it. Others may unlink it (Python does so on
/// exit): it is made again with the next opening.
/// </remarks>
internal static unsafe class SecondName
{
    public const string ReservedPrefix = "psipc.";

    /// <summary>Refuses a name that would be the file of another object.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.InvalidName"/>.</exception>
    public static string Check(string name) => IpcName.Check(name).StartsWith(ReservedPrefix, StringComparison.OrdinalIgnoreCase) || name is "." or ".."
        ? throw new IpcException(IpcErrorKind.InvalidName, Messages.SharedMemoryNameReserved.With(name, ReservedPrefix), name)
        : name;

    /// <summary>The file by the plain name.</summary>
    public static string PathOf(IpcDirectory directory, string name) => Path.Combine(directory.FullPath, name);

    /// <summary>Gives a file its plain name, where its kind has one; false when another file has it.</summary>
    public static bool TryLink(IpcDirectory directory, ObjectKind kind, string name, string path) =>
        !HasOne(kind) || Platform.Files.TryLink(path, PathOf(directory, name));

    /// <summary>Whether the plain name of an object is free, or the object's own; false when another program's memory, or an object of another kind, has it.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.PermissionDenied"/> when another user's file has it.</exception>
    public static bool IsFreeOrOf(IpcDirectory directory, ObjectKind kind, string name)
    {
        using SharedFile? file = HasOne(kind) ? Platform.Files.Open(PathOf(directory, name)) : null;
        return file is null || IsOf(file, kind, name);
    }

    /// <summary>Whether a file that was opened by its plain name is an object of this module that has not got its own name yet, or has it no more.</summary>
    public static bool IsInTransition(IpcDirectory directory, SharedFile file, string name) =>
        (IsOf(file, ObjectKind.Memory, name) && !File.Exists(directory.PathOf(ObjectKind.Memory, name))) || (IsOf(file, ObjectKind.Array, name) && !File.Exists(directory.PathOf(ObjectKind.Array, name)));

    private static bool IsOf(SharedFile file, ObjectKind kind, string name)
    {
        long length = file.Length;
        if (length < SegmentHeader.BodyOffset)
        {
            return false;
        }

        byte* header = file.Map(SegmentHeader.Size, readOnly: true);
        try
        {
            return ((SegmentHeader*)header)->Validate(kind, name, length) is null;
        }
        finally
        {
            Platform.Files.Unmap(header, SegmentHeader.Size);
        }
    }

    /// <summary>Takes the plain name of a file away, unless another file has it.</summary>
    public static void Unlink(IpcDirectory directory, ObjectKind kind, string name, FileIdentity identity)
    {
        if (!HasOne(kind))
        {
            return;
        }

        try
        {
            if (Segment.IsNamed(PathOf(directory, name), identity))
            {
                Platform.Files.Unlink(PathOf(directory, name));
            }
        }
        catch (IpcException)
        {
            // Another user's file has that name.
        }
    }

    /// <summary>Takes the plain name of an object's file away.</summary>
    public static void Unlink(IpcDirectory directory, string path, SegmentHeader* header)
    {
        var kind = (ObjectKind)header->Kind;
        int length = header->NameLength;
        if (!HasOne(kind) || length is < 1 or > IpcName.MaxLength)
        {
            return;
        }

        string name = Encoding.ASCII.GetString(header->NameBytes, length);
        using SharedFile? file = Platform.Files.Open(path);
        if (file is not null && IpcName.IsValid(name) && !name.StartsWith(ReservedPrefix, StringComparison.OrdinalIgnoreCase))
        {
            Unlink(directory, kind, name, file.Identity);
        }
    }

    /// <summary>Takes the plain name away that a file in the making may have had already when its maker died.</summary>
    public static void UnlinkThatOf(IpcDirectory directory, string temporaryPath)
    {
        using SharedFile? file = Platform.Files.Open(temporaryPath);
        if (file is null || file.Length < SegmentHeader.BodyOffset)
        {
            return;
        }

        byte* header = file.Map(SegmentHeader.Size, readOnly: true);
        try
        {
            if (((SegmentHeader*)header)->Magic == SegmentHeader.MagicValue)
            {
                Unlink(directory, temporaryPath, (SegmentHeader*)header);
            }
        }
        finally
        {
            Platform.Files.Unmap(header, SegmentHeader.Size);
        }
    }

    /// <summary>Whether objects of a kind have a plain name.</summary>
    public static bool HasOne(ObjectKind kind) => kind is ObjectKind.Array or ObjectKind.Memory && Platform.Files.HasSecondNames;
}
