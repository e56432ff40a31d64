using System.Diagnostics;

namespace PSIpc.Tests;

/// <summary>The same memory in Python, in NumPy and in C. In the default folder, since Python knows no other.</summary>
public sealed class OtherLanguagesTests : IDisposable
{
    private static readonly Lazy<string?> Python = new(() => Array.Find(["/usr/bin/python3", "python3"], p => Runs(p, "-c", "import numpy")));

    private readonly PowerShellSession _session = new();
    private readonly string _name = "psipctest-" + Guid.NewGuid().ToString("N");

    public void Dispose() => _session.Dispose();

    [Fact]
    public void NumPy_and_PowerShell_read_and_write_the_same_array_at_once()
    {
        Assert.SkipUnless(Python.Value is not null, "python3 with NumPy is not on this machine");
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "this system has no /dev/shm");
        object?[] output = _session.RunCleanly(
            """
            $a = New-SharedArray $name -Shape 3,4 -Type Int32
            $a[1,2] = 42
            $dtype = $a.NumPyDType
            $start = [Diagnostics.ProcessStartInfo]::new($python); $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
            foreach ($word in '-c', $script, $name, $dtype, "$($a.DataOffset)") { $start.ArgumentList.Add($word) }
            $child = [Diagnostics.Process]::Start($start)
            $child.StandardOutput.ReadLine()
            $a[0,0]
            $a[2,3] = 7
            $child.StandardInput.WriteLine()
            $child.StandardOutput.ReadLine()
            $child.WaitForExit()
            $a[0,1]
            [IO.File]::Exists("/dev/shm/$name")
            (Get-SharedArray $name).Sum()
            Remove-SharedArray $name
            [IO.File]::Exists("/dev/shm/$name")
            """,
            ("name", _name),
            ("python", Python.Value),
            ("script", """
                import sys, numpy
                from multiprocessing.shared_memory import SharedMemory
                shm = SharedMemory(sys.argv[1])
                a = numpy.ndarray((3, 4), eval(sys.argv[2]), buffer=shm.buf, offset=int(sys.argv[3]))
                a[0, 0] = -5
                print(a[1, 2], flush=True)
                sys.stdin.readline()
                a[0, 1] = a[2, 3] * 2
                print(a[2, 3], flush=True)
                del a
                shm.close()
                """));
        // Python 3.11's resource tracker has unlinked the plain name by now; ours goes on.
        Assert.Equal(["42", -5, "7", 14], output[..4]);
        Assert.Equal([58L, false], output[5..]);
    }

    [Fact]
    public void A_block_that_Python_made_opens_as_an_array_and_structures_are_structured_arrays()
    {
        Assert.SkipUnless(Python.Value is not null, "python3 with NumPy is not on this machine");
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "this system has no /dev/shm");
        object?[] output = _session.RunCleanly(
            """
            $points = New-SharedArray "$name-p" -Length 4 -Type 'struct NpPoint { int32_t x; double y[2]; char tag[5]; struct { float u; } in; };'
            $points[2] = @{ x = 3; y = 1.5, 2.5; tag = 'ab' }
            $start = [Diagnostics.ProcessStartInfo]::new($python); $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
            foreach ($word in '-c', $script, $name, $points.NumPyDType, "$($points.DataOffset)") { $start.ArgumentList.Add($word) }
            $child = [Diagnostics.Process]::Start($start)
            $child.StandardOutput.ReadLine()
            $a = Get-SharedArray $name -Type Double -Shape 2,3 -Offset 16
            $a[1,2], $a.Sum()
            $a[0,0] = 100
            $read = Get-SharedArray $name -Type Double -Shape 2,3 -Offset 16 -ReadOnly
            try { $read[0,0] = 5 } catch { 'read-only' }
            $m = Get-SharedMemory $name; $m.Read[double](16)
            $child.StandardInput.WriteLine()
            $child.StandardOutput.ReadLine()
            $child.WaitForExit()
            $points[3].y[1], $points[3].tag
            Remove-SharedArray $points
            """,
            ("name", _name),
            ("python", Python.Value),
            ("script", """
                import sys, numpy
                from multiprocessing.shared_memory import SharedMemory
                shm = SharedMemory(sys.argv[1], create=True, size=64)
                a = numpy.ndarray((2, 3), 'f8', buffer=shm.buf, offset=16)
                a[:] = [[1, 2, 3], [4, 5, 6]]
                other = SharedMemory(sys.argv[1] + '-p')
                p = numpy.ndarray((4,), numpy.dtype(eval(sys.argv[2])), buffer=other.buf, offset=int(sys.argv[3]))
                print(p[2]['x'], list(p[2]['y']), p[2]['tag'], flush=True)
                p[3]['y'][1] = 9.5
                p[3]['tag'] = b'np'
                sys.stdin.readline()
                print(a[0, 0], flush=True)
                del a, p
                other.close(); shm.close(); shm.unlink()
                """));
        Assert.Equal(["3 [1.5, 2.5] b'ab'", 6.0, 21.0, "read-only", 100.0, "100.0", 9.5, "np"], output);
    }

    [Fact]
    public void NumPy_and_two_PowerShell_processes_change_the_same_array_at_once()
    {
        Assert.SkipUnless(Python.Value is not null, "python3 with NumPy is not on this machine");
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "this system has no /dev/shm");
        object?[] output = _session.RunCleanly(
            """
            $a = New-SharedArray $name -Length 20000 -Type Int64
            # Each side answers the other's number with the next one, and fills a part of its own meanwhile.
            $peer = Start-IpcProcess { $a = $using:a; foreach ($i in 10001..14999) { $a[$i] = $i } }
            $start = [Diagnostics.ProcessStartInfo]::new($python); $start.RedirectStandardOutput = $true
            foreach ($word in '-c', $script, $name, "$($a.DataOffset)") { $start.ArgumentList.Add($word) }
            $child = [Diagnostics.Process]::Start($start)
            $clock = [Diagnostics.Stopwatch]::StartNew()
            for ($i = 1; $i -lt 2000; $i += 2) {
                $a.SetValue(2 + $i, $i)
                $a.SetValue(0, $i)
                while ($a.GetValue(1) -ne $i + 1) { if ($child.HasExited -or $clock.Elapsed.TotalSeconds -gt 60) { throw "Python stopped at $($a[1])" }; [Threading.Thread]::Yield() | ForEach-Object { } }
            }
            $child.StandardOutput.ReadToEnd().Trim(); $child.WaitForExit(); $child.ExitCode
            $peer | Wait-IpcProcess | Receive-IpcProcess; Remove-IpcProcess $peer
            $a.Slice(15000, 5000).Sum(); $a.Slice(10001, 4999).Sum(); $a.Slice(5000, 1).Sum()
            $again = Get-SharedArray $name; [IO.File]::Exists("/dev/shm/$name")
            Remove-SharedArray $again
            """,
            ("name", _name),
            ("python", Python.Value),
            ("script", """
                import sys, time, numpy
                from multiprocessing import resource_tracker
                from multiprocessing.shared_memory import SharedMemory
                shm = SharedMemory(sys.argv[1])
                resource_tracker.unregister(shm._name, "shared_memory")  # before Python 3.13: not ours to remove
                a = numpy.ndarray((20000,), '<i8', buffer=shm.buf, offset=int(sys.argv[2]))
                for i in range(1, 2000, 2):
                    while a[0] != i: time.sleep(0)
                    assert a[2 + i] == i
                    a[15000 + i:15002 + i] = i
                    a[1] = i + 1
                a[5000] = int(a[2:2002].sum())
                print(a[0])
                del a
                shm.close()
                """));

        // The sum of the odd numbers below 2000 is 1000 * 1000; Python wrote each of them twice, and the other PowerShell process its places' numbers.
        Assert.Equal(["1999", 0, 2_000_000L, 62_487_500L, 1_000_000L, true], output);
    }

    [Fact]
    public void Pythons_resource_tracker_takes_the_plain_name_away_and_nothing_of_ours_is_lost()
    {
        Assert.SkipUnless(Python.Value is not null, "python3 with NumPy is not on this machine");
        Assert.SkipUnless(Runs(Python.Value!, "-c", "import sys; sys.exit(sys.version_info >= (3, 13))"), "this Python tracks only what it made");
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "this system has no /dev/shm");
        object?[] output = _session.RunCleanly(
            """
            function Invoke-Python($remedy) { & $python -c $script $name $remedy 2>$null }
            $a = New-SharedArray $name -Length 3
            $peer = Start-IpcProcess { $a = $using:a; Wait-IpcEvent $using:go; $a[1]; $a[2] = 7 } -ArgumentList ($go = New-IpcEvent)
            Invoke-Python 'remedy'; [IO.File]::Exists("/dev/shm/$name")
            Invoke-Python 'none'; [IO.File]::Exists("/dev/shm/$name")
            # Ours goes on, in this process and in another, and a process that opens it makes the name again.
            $a[1] = 5; Set-IpcEvent $go; $peer | Wait-IpcProcess | Receive-IpcProcess; $a[2]
            (Start-IpcProcess { $null = Get-SharedArray $using:name } | Wait-IpcProcess).ExitCode
            [IO.File]::Exists("/dev/shm/$name")
            Invoke-Python 'remedy'
            Remove-IpcProcess $peer; Remove-SharedArray $a; Remove-IpcEvent $go
            [IO.File]::Exists("/dev/shm/$name")
            """,
            ("name", _name),
            ("python", Python.Value),
            ("script", $$"""
                import sys
                from multiprocessing import resource_tracker
                from multiprocessing.shared_memory import SharedMemory
                shm = SharedMemory(sys.argv[1])
                if sys.argv[2] == 'remedy': resource_tracker.unregister(shm._name, 'shared_memory')
                print(shm.size)
                shm.close()
                """));
        Assert.Equal([$"{16384 + 24}", true, $"{16384 + 24}", false, 5.0, 7.0, 0, true, $"{16384 + 24}", false], output);
    }

    [Fact]
    public void A_C_program_reads_the_file_by_the_offsets_of_the_protocol()
    {
        Assert.SkipUnless(Runs("gcc", "--version"), "gcc is not on this machine");
        using var folder = new TemporaryFolder();
        string source = Path.Combine(folder.Path, "read.c");
        string program = Path.Combine(folder.Path, "read");
        File.WriteAllText(source, """
            #include <fcntl.h>
            #include <stdint.h>
            #include <stdio.h>
            #include <string.h>
            #include <sys/mman.h>
            #include <sys/stat.h>
            int main(int argc, char **argv) {
                int file = open(argv[1], O_RDWR);
                struct stat status;
                fstat(file, &status);
                char *base = mmap(0, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
                if (memcmp(base, "PSIPCSEG", 8) || *(uint32_t *)(base + 8) != 1 || *(uint32_t *)(base + 12) != 11) return 1;
                char *body = base + *(uint64_t *)(base + 24);
                uint32_t element = *(uint32_t *)(body + 256), size = *(uint32_t *)(body + 260), rank = *(uint32_t *)(body + 264);
                int64_t *shape = (int64_t *)(body + 320);
                double *data = (double *)(body + 4096);
                printf("%u %u %u %ld %ld %ld %g\n", element, size, rank, *(int64_t *)(body + 272), shape[0], shape[1], data[5]);
                data[0] = 3.25;
                return 0;
            }
            """);
        Assert.True(Runs("gcc", "-o", program, source), "gcc refuses the program");
        object?[] output = _session.RunCleanly(
            """
            $a = New-SharedArray $name -Shape 2,3
            $a[1,2] = 6.5
            $file = (Get-IpcObject $name).FilePath
            $start = [Diagnostics.ProcessStartInfo]::new($program, $file); $start.RedirectStandardOutput = $true
            $child = [Diagnostics.Process]::Start($start)
            $child.StandardOutput.ReadToEnd().Trim(); $child.WaitForExit(); $child.ExitCode
            $a[0,0]
            Remove-SharedArray $a
            """,
            ("name", _name),
            ("program", program));
        Assert.Equal(["13 8 2 6 2 3 6.5", 0, 3.25], output);
    }

    private static bool Runs(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
