namespace PSIpc.Core.Platforms;

/// <summary>What the engine asks of the operating system's files: exclusive creation, locks that die with their holder, mapping.</summary>
internal interface IFilePlatform
{
    /// <summary>The folder for shared objects where <c>PSIPC_DIRECTORY</c> names none.</summary>
    string DefaultDirectory { get; }

    /// <summary>Creates a file that only this user can open, with all its bytes reserved and zero.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.OutOfMemory"/>, <see cref="IpcErrorKind.AlreadyExists"/> or <see cref="IpcErrorKind.PermissionDenied"/>.</exception>
    SharedFile CreateNew(string path, long size);

    /// <summary>Opens a file for reading and writing; null when there is none.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.PermissionDenied"/> when it belongs to somebody else.</exception>
    SharedFile? Open(string path);

    /// <summary>Whether a path is a regular file of this user. Does not open it: the file of another user may be of any type.</summary>
    bool IsOwn(string path);

    /// <summary>Gives a file its final name unless that name is taken; false when it is.</summary>
    bool TryPublish(string temporaryPath, string path);

    /// <summary>Gives a file one more name; false when that is taken, or where files have no second names.</summary>
    bool TryLink(string path, string secondPath);

    /// <summary>Whether files can have second names, by which programs of other kinds find shared memory.</summary>
    bool HasSecondNames { get; }

    /// <summary>Gives a file another name, replacing what had that name.</summary>
    void Replace(string temporaryPath, string path);

    /// <summary>Removes a name; nothing happens where there is none.</summary>
    void Unlink(string path);

    /// <summary>Gives back the memory of a mapping, but leaves the addresses harmless to threads that still touch them.</summary>
    unsafe void Retire(byte* address, nuint size);

    /// <summary>Frees the addresses of a mapping. Nobody may touch them any more.</summary>
    unsafe void Unmap(byte* address, nuint size);
}
