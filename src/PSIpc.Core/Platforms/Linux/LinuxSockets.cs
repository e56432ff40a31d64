using System.Net.Sockets;
using System.Runtime.InteropServices;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Platforms.Linux;

/// <summary>Waiting for sockets by poll(2), on the socket and on an eventfd of the waiting thread that a cancellation writes to.</summary>
/// <remarks>
/// The socket's handle is held for the time of the call, so that its number cannot come to mean another file. What a cancellation has written is read
/// again before the thread's eventfd is used for the next wait.
/// </remarks>
internal sealed unsafe partial class LinuxSockets : ISocketPlatform
{
    private const short PollIn = 1;
    private const short PollOut = 4;
    private const int EventFlags = 0x80800; // EFD_CLOEXEC, EFD_NONBLOCK
    private const int OpenFlags = 0x80800; // O_CLOEXEC, O_NONBLOCK
    private const int ErrorInterrupted = 4;
    private const int ErrorNoDevice = 6;

    [ThreadStatic]
    private static Alarm? _alarm;

    public bool Wait(Socket socket, bool toWrite, Deadline deadline, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        SafeHandle handle = socket.SafeHandle;
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            PollDescriptor* descriptors = stackalloc PollDescriptor[2];
            descriptors[0] = new() { Descriptor = (int)handle.DangerousGetHandle(), Events = toWrite ? PollOut : PollIn, Found = 0 };
            if (!cancellation.CanBeCanceled)
            {
                return Sleep(descriptors, 1, deadline, cancellation);
            }

            Alarm alarm = _alarm ??= new Alarm();
            descriptors[1] = new() { Descriptor = alarm.Descriptor, Events = PollIn, Found = 0 };
            try
            {
                using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static state => ((Alarm)state!).Raise(), alarm);
                return Sleep(descriptors, 2, deadline, cancellation);
            }
            finally
            {
                alarm.Lower();
            }
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    public bool IsSocketFile(string path)
    {
        // A socket is what cannot be opened like this; a file, a folder and a pipe can.
        int descriptor = Open(path, OpenFlags);
        int error = Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
        {
            _ = Close(descriptor);
        }

        return descriptor < 0 && error == ErrorNoDevice;
    }

    private static bool Sleep(PollDescriptor* descriptors, nuint count, Deadline deadline, CancellationToken cancellation)
    {
        while (true)
        {
            int ready = Poll(descriptors, count, deadline.Milliseconds());
            int error = Marshal.GetLastPInvokeError();
            cancellation.ThrowIfCancellationRequested();
            if (ready > 0 && descriptors[0].Found != 0)
            {
                return true;
            }

            if (ready < 0 && error != ErrorInterrupted)
            {
                throw new IpcException(IpcErrorKind.Closed, Messages.SocketWaitFailed.With(Marshal.GetPInvokeErrorMessage(error)));
            }

            if (deadline.IsOver)
            {
                return false;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Found;
    }

    /// <summary>What a cancellation wakes a thread by. It goes with its thread.</summary>
    private sealed class Alarm
    {
        private volatile bool _isRaised;

        public Alarm()
        {
            Descriptor = EventDescriptor(0, EventFlags);
            if (Descriptor < 0)
            {
                throw new IpcException(IpcErrorKind.OutOfMemory, Messages.NoMoreFiles.With(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())));
            }
        }

        ~Alarm() => Close(Descriptor);

        public int Descriptor { get; }

        public void Raise()
        {
            _isRaised = true;
            ulong one = 1;
            _ = Write(Descriptor, &one, sizeof(ulong));
        }

        public void Lower()
        {
            if (_isRaised)
            {
                ulong count;
                _ = Read(Descriptor, &count, sizeof(ulong));
                _isRaised = false;
            }
        }
    }
}
