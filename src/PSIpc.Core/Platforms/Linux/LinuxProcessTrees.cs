using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using PSIpc.Core.Platforms.Unix;

namespace PSIpc.Core.Platforms.Linux;

/// <summary>
/// Trees of processes by what <c>/proc</c> says of each process's environment. A program that leaves the session and the group of the child, as a daemon does, is found; so is one whose
/// parent has ended.
/// </summary>
/// <remarks>
/// A process that has cleared or overwritten its environment is found only below a root that lives. A process is killed by a descriptor that means it and no later one
/// (pidfd_open(2)), after a second look at its environment.
/// </remarks>
internal sealed unsafe partial class LinuxProcessTrees : IProcessTreePlatform
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const nint PidFdSendSignal = 424; // on all architectures
    private const nint PidFdOpen = 434;
    private const int MaxRounds = 200;
    private const int MinEmptyRounds = 2;
    private const int MaxDepth = 100;
    private const int BufferSize = 16 << 10;

    private static readonly byte[] AnyMarker = Encoding.ASCII.GetBytes($"{IProcessTreePlatform.Variable}=");

    /// <summary>Which tree the environment of a process names: none, where it cannot be read or has been cleared, too.</summary>
    private enum Membership
    {
        None,
        Own,
        Other,
    }

    public void BecomeRoot()
    {
        // The environment says it.
    }

    public Process StartOutside(Func<Process> start) => start();

    public void Kill(Process root, Guid tree)
    {
        List<ProcessIdentity> below = [];
        CollectBelow(root.Id, below, 0);
        root.Kill();
        KillBelow(below, MarkerOf(tree));
    }

    public void KillRest(int root, Guid tree)
    {
        byte[] marker = MarkerOf(tree);
        if (root == Environment.ProcessId)
        {
            List<ProcessIdentity> below = [];
            CollectBelow(root, below, 0);
            KillBelow(below, marker);
        }

        // Again, for what was being started meanwhile: a process has no environment at all for the moment in which it becomes another program.
        for (int round = 0, empty = 0; round < MaxRounds && empty < MinEmptyRounds; round++)
        {
            bool found = KillMarked(marker);
            empty = found ? 0 : empty + 1;
            if (found)
            {
                Thread.Sleep(1); // What is killed takes a moment to be gone.
            }
        }
    }

    private static byte[] MarkerOf(Guid tree) => Encoding.ASCII.GetBytes($"{IProcessTreePlatform.Variable}={tree:N}");

    private static bool KillMarked(byte[] marker)
    {
        bool found = false;
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int process)
                && process != Environment.ProcessId
                && MembershipOf(process, marker) == Membership.Own)
            {
                found = true;
                KillIf(process, () => MembershipOf(process, marker) == Membership.Own);
            }
        }

        return found;
    }

    private static void KillBelow(List<ProcessIdentity> below, byte[] marker)
    {
        foreach (ProcessIdentity identity in below)
        {
            // A child that is the root of another tree ends by itself, or is to go on.
            KillIf(identity.Process, () => StartOf(identity.Process, out _) == identity.Start && MembershipOf(identity.Process, marker) != Membership.Other);
        }
    }

    /// <summary>The processes below a root, parents before their children. Without the kernel's lists of children there are none.</summary>
    private static void CollectBelow(int root, List<ProcessIdentity> below, int depth)
    {
        if (depth > MaxDepth)
        {
            return;
        }

        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{root}/task"))
            {
                foreach (string child in ReadText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (int.TryParse(child, NumberStyles.None, CultureInfo.InvariantCulture, out int process) && StartOf(process, out int parent) is { Length: > 0 } start && parent == root)
                    {
                        below.Add(new ProcessIdentity(process, start));
                        CollectBelow(process, below, depth + 1);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
        }
    }

    private static void KillIf(int process, Func<bool> isStillMeant)
    {
        int descriptor = (int)SysCall(PidFdOpen, process, 0, 0, 0);
        try
        {
            if (!isStillMeant())
            {
                return;
            }

            // Without descriptors of processes, in a kernel before 5.3, the look just taken has to do.
            _ = descriptor >= 0 ? SysCall(PidFdSendSignal, descriptor, LibC.SignalKill, 0, 0) : LibC.Kill(process, LibC.SignalKill);
        }
        finally
        {
            if (descriptor >= 0)
            {
                _ = LibC.Close(descriptor);
            }
        }
    }

    private static Membership MembershipOf(int process, byte[] marker)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            ReadOnlySpan<byte> rest = Read($"/proc/{process}/environ", ref buffer);
            while (rest.Length > 0)
            {
                int length = rest.IndexOf((byte)0) is >= 0 and var end ? end : rest.Length;
                ReadOnlySpan<byte> variable = rest[..length];
                if (variable.StartsWith(AnyMarker))
                {
                    return variable.SequenceEqual(marker) ? Membership.Own : Membership.Other;
                }

                rest = rest[Math.Min(rest.Length, length + 1)..];
            }

            return Membership.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true); // Environments have secrets in them.
        }
    }

    /// <summary>When a process was started, as the kernel counts, and its parent; empty when it has ended. With the process id it means one process for good.</summary>
    private static string StartOf(int process, out int parent)
    {
        // proc_pid_stat(5). The second field, the name in brackets, may have brackets and spaces of its own; the state is the third.
        const int Parent = 4 - 3;
        const int StartTime = 22 - 3;
        string text = ReadText($"/proc/{process}/stat");
        string[] fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        parent = 0;
        return fields.Length > StartTime && int.TryParse(fields[Parent], NumberStyles.None, CultureInfo.InvariantCulture, out parent) ? fields[StartTime] : "";
    }

    private static string ReadText(string path)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        string text = Encoding.UTF8.GetString(Read(path, ref buffer));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    /// <summary>What a file of the kernel has; nothing when it cannot be read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="buffer">A rented array, which gives way to a larger one where it is too small.</param>
    private static ReadOnlySpan<byte> Read(string path, ref byte[] buffer)
    {
        int descriptor = Open(path, ReadOnly | CloseOnExec);
        if (descriptor < 0)
        {
            return [];
        }

        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
                buffer.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
                buffer = larger;
            }

            nint read;
            fixed (byte* to = &buffer[length])
            {
                read = ReadSome(descriptor, to, (nuint)(buffer.Length - length));
            }

            if (read <= 0)
            {
                _ = LibC.Close(descriptor);
                return buffer.AsSpan(0, length);
            }

            length += (int)read;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint ReadSome(int descriptor, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SysCall(nint number, nint first, nint second, nint third, nint fourth);

    private readonly record struct ProcessIdentity(int Process, string Start);
}
