using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PSIpc.Core.Platforms.Windows;

/// <summary>Files in a folder of the user's own profile, whose access list keeps other users out. A name disappears at once when it is deleted.</summary>
internal sealed unsafe partial class WindowsFiles : IFilePlatform
{
    public string DefaultDirectory { get; } =
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "PSIpc");

    public SharedFile CreateNew(string path, long size)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            SafeFileHandle handle = File.OpenHandle(
                path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, preallocationSize: size);
            RandomAccess.SetLength(handle, size);
            return new WindowsSharedFile(handle);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IpcException(IpcErrorKind.PermissionDenied, Messages.FileNotCreated.With(path, e.Message), Path.GetFileName(path), e);
        }
        catch (IOException e)
        {
            IpcErrorKind kind = File.Exists(path) ? IpcErrorKind.AlreadyExists : IpcErrorKind.OutOfMemory;
            throw new IpcException(kind, Messages.FileNotCreatedWithSize.With(path, size, e.Message), Path.GetFileName(path), e);
        }
    }

    public SharedFile? Open(string path)
    {
        try
        {
            return new WindowsSharedFile(File.OpenHandle(
                path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IpcException(IpcErrorKind.PermissionDenied, Messages.FileNotOpened.With(path, e.Message), Path.GetFileName(path), e);
        }
    }

    public bool TryPublish(string temporaryPath, string path)
    {
        try
        {
            File.Move(temporaryPath, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    public bool HasSecondNames => false;

    public bool TryLink(string path, string secondPath) => false;

    public void Replace(string temporaryPath, string path) => File.Move(temporaryPath, path, overwrite: true);

    // The folder belongs to the user.
    public bool IsOwn(string path) => true;

    public void Unlink(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Still mapped in a way that forbids it: the sweep of the next object tries again.
        }
    }

    public void Retire(byte* address, nuint size)
    {
        // Addresses cannot be given other memory in place here; the finalizer's Unmap frees them.
    }

    public void Unmap(byte* address, nuint size) => UnmapViewOfFile(address);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool UnmapViewOfFile(void* address);
}
