using PSIpc.Core.Platforms;
using PSIpc.Core.Segments;

namespace PSIpc.Core.Channels;

/// <summary>
/// A message too large for its ring: a file of its own, named for its object and the position of its record.
/// </summary>
/// <remarks>
/// It is written under a temporary name that its process's lease answers for, gets its final name under the send lock just before its
/// record is published, and loses it under the receive lock just after its record is taken. So a file under a final name is either in
/// the ring, or was left by a process that died holding the lock, and whoever takes that lock over removes it.
/// </remarks>
internal sealed class OverflowBlock : IDisposable
{
    private readonly Segment _owner;
    private readonly SharedFile _file;
    private readonly string _temporary;
    private bool _published;

    private OverflowBlock(Segment owner, SharedFile file, string temporary)
    {
        _owner = owner;
        _file = file;
        _temporary = temporary;
    }

    /// <summary>Writes a message into a new file.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.OutOfMemory"/> when the folder is full.</exception>
    public static OverflowBlock Write(Segment owner, ReadOnlySpan<byte> body)
    {
        string temporary = owner.Directory.NewTemporaryPath();
        SharedFile file = Platform.Files.CreateNew(temporary, 0);
        try
        {
            // Written and read rather than mapped: mapping costs a fault for each page, and a file that somebody cuts short is no fault here.
            file.Write(body);
            return new OverflowBlock(owner, file, temporary);
        }
        catch (IOException e)
        {
            file.Dispose();
            Platform.Files.Unlink(temporary);
            throw new IpcException(
                IpcErrorKind.OutOfMemory,
                Messages.LargeMessageDoesNotFitFolder.With(body.Length, owner.Name, owner.Directory, e.Message, IpcDirectory.Variable),
                owner.Name,
                e);
        }
    }

    /// <summary>Gives the file its final name; the caller holds the send lock and publishes its record next.</summary>
    public void Publish(ulong position)
    {
        _owner.NoteBlocks();
        Platform.Files.Replace(_temporary, _owner.Directory.BlockPath(_owner.Id, position));
        _published = true;
    }

    /// <summary>Opens the file of a record; null when it is not there or shorter than the record says.</summary>
    public static SharedFile? Open(Segment owner, ulong position, long length)
    {
        SharedFile? file = Platform.Files.Open(owner.Directory.BlockPath(owner.Id, position));
        if (file is null || file.Length >= length)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    /// <summary>Takes the name of a record's file away.</summary>
    public static void Unlink(Segment owner, ulong position) =>
        Platform.Files.Unlink(owner.Directory.BlockPath(owner.Id, position));

    /// <summary>Removes the files of an object whose records are in a range of positions, both ends included.</summary>
    public static void UnlinkRange(Segment owner, ulong first, ulong last)
    {
        foreach ((string path, Guid id, ulong position) in owner.Directory.Blocks())
        {
            if (id == owner.Id && position >= first && position <= last)
            {
                Platform.Files.Unlink(path);
            }
        }
    }

    /// <summary>Removes the file unless it was published.</summary>
    public void Dispose()
    {
        if (!_published)
        {
            Platform.Files.Unlink(_temporary);
        }

        _file.Dispose();
    }
}
