using System.Diagnostics;
using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Calls of functions that every C library has.</summary>
public sealed class CLibraryTests : IDisposable
{
    private const string C = "libc.so.6";
    private const string QuickSort = "Invoke-NativeFunction libc.so.6 qsort -ReturnType void -ArgumentType 'int *', size_t, size_t, 'int (*)(const int *, const int *)'";

    private readonly PowerShellSession _session = new();

    public CLibraryTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "the names are those of Linux");

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Numbers_and_text_go_in_and_come_back()
    {
        object?[] output = _session.RunCleanly("""
            Invoke-NativeFunction -Library libm.so.6 -Name cos -ReturnType double -ArgumentType double -ArgumentList 0.5
            Invoke-NativeFunction libm.so.6 powf -ReturnType float -ArgumentType float, float -ArgumentList 2, 10
            Invoke-NativeFunction libc.so.6 strlen 'héllo' -ReturnType size_t
            $env:PSIPC_TEST_TEXT = 'ä€𝄞'
            Invoke-NativeFunction libc.so.6 setenv -ArgumentType string, string, int -ArgumentList PSIPC_TEST_TEXT, 'ä€𝄞', 1
            Invoke-NativeFunction libc.so.6 getenv PSIPC_TEST_TEXT -ReturnType string
            $null -eq (Invoke-NativeFunction libc.so.6 getenv NO_SUCH_VARIABLE -ReturnType 'char *')
            Invoke-NativeFunction libc.so.6 labs -ReturnType long -ArgumentType long -ArgumentList -5000000000
            Invoke-NativeFunction libc.so.6 wcslen -ReturnType size_t -ArgumentType 'const wchar_t *' -ArgumentList 'abcd'
            Invoke-NativeFunction libc.so.6 toupper -ArgumentType int -ArgumentList ([char]'x')
            @(Invoke-NativeFunction libc.so.6 srand 1 -ReturnType void).Count
            """);
        Assert.Equal([Math.Cos(0.5), 1024f, 6UL, 0, "ä€𝄞", true, 5000000000L, 4UL, (int)'X', 0], output);
    }

    [Fact]
    public void Structures_come_back_by_value_and_are_filled_by_pointer()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'typedef struct { int quot, rem; } div_t; typedef struct { long quot, rem; } ldiv_t; struct timespec { time_t tv_sec; long tv_nsec; };'
            $d = Invoke-NativeFunction libc.so.6 div -ReturnType div_t -ArgumentType int, int -ArgumentList -17, 5
            $d.quot; $d.rem
            $d = Invoke-NativeFunction libc.so.6 ldiv -ReturnType ldiv_t -ArgumentType long, long -ArgumentList 17000000003, 5
            $d.quot; $d.rem
            $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
            $table = @{ tv_nsec = -1 }
            $null = Invoke-NativeFunction libc.so.6 clock_gettime -ArgumentType clockid_t, 'struct timespec *' -ArgumentList 0, $table
            [Math]::Abs($table.tv_sec - $now) -le 1; $table.tv_nsec -ge 0
            $reference = $null
            $null = Invoke-NativeFunction libc.so.6 clock_gettime -ArgumentType clockid_t, 'struct timespec *' -ArgumentList 0, ([ref]$reference)
            [Math]::Abs($reference.tv_sec - $now) -le 1
            $object = [pscustomobject]@{ tv_sec = 0; tv_nsec = 0 }
            $null = Invoke-NativeFunction libc.so.6 clock_gettime -ArgumentType clockid_t, 'struct timespec *' -ArgumentList 0, $object
            [Math]::Abs($object.tv_sec - $now) -le 1
            """);
        Assert.Equal([-3, -2, 3400000000L, 3L, true, true, true, true], output);
    }

    [Fact]
    public void Text_is_written_into_a_StringBuilder_and_typed_pointers_are_followed()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'struct tm { int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst; long tm_gmtoff; const char *tm_zone; };'
            $text = [System.Text.StringBuilder]::new(64)
            Invoke-NativeFunction libc.so.6 strftime -ReturnType size_t -ArgumentType 'char *', size_t, 'const char *', 'const struct tm *' -ArgumentList $text, 64, '%Y-%m-%d', @{ tm_year = 124; tm_mon = 1; tm_mday = 3 }
            "$text"
            $time = Invoke-NativeFunction libc.so.6 gmtime -ReturnType 'struct tm *' -ArgumentType 'const time_t *' -ArgumentList ([ref]86400)
            $time.Value.tm_mday; $time.Type
            $bytes = [byte[]]::new(8)
            $null = Invoke-NativeFunction libc.so.6 memset -ReturnType 'void *' -ArgumentType 'void *', int, size_t -ArgumentList $bytes, 7, 3
            "$bytes"
            """);
        Assert.Equal([10UL, "2024-02-03", 2, "struct tm", "7 7 7 0 0 0 0 0"], output);
    }

    [Theory]
    [InlineData("[int[]](5, 3, 9, 1)")]
    [InlineData("5, 3, 9, 1")]
    [InlineData("[System.Collections.Generic.List[object]](5, 3, 9, 1)")]
    [InlineData("[long[]](5, 3, 9, 1)")]
    public void A_script_block_compares_for_qsort(string array)
    {
        object?[] output = _session.RunCleanly($$"""
            $array = {{array}}
            $calls = 0
            {{QuickSort}} -ArgumentList $array, 4, 4, { param($x, $y) $script:calls++; $x.Value - $y.Value }
            "$array"; $calls -ge 3
            """);
        Assert.Equal(["1 3 5 9", true], output);
    }

    [Theory]
    [InlineData("{ throw 'not today' }", "not today")]
    [InlineData("{ }", "gave 0")]
    [InlineData("{ 1; 2 }", "gave 2")]
    [InlineData("{ 'x' }", "whole number")]
    [InlineData("{ 3000000000 }", "not 3000000000")]
    public void A_script_block_that_fails_is_reported_after_the_call(string script, string message)
    {
        ErrorRecord error = _session.RunForError($"{QuickSort} -ArgumentList ([int[]](2, 1)), 2, 4, {script}");
        Assert.StartsWith("IpcCallbackFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_error_goes_into_a_variable()
    {
        object?[] output = _session.RunCleanly("""
            Invoke-NativeFunction libc.so.6 chdir '/no/such/folder' -LastErrorVariable problem
            $problem.Number; "$problem"
            Invoke-NativeFunction libc.so.6 abs (-2) -LastErrorVariable problem
            $problem.Number
            """);
        Assert.Equal([-1, 2, "2: No such file or directory", 2, 0], output);
    }

    [Theory]
    [InlineData($"Invoke-NativeFunction no-such-library.so f", "IpcNotFound", "cannot be loaded")]
    [InlineData($"Import-NativeLibrary ./no/such/library.so", "IpcNotFound", "cannot be loaded")]
    [InlineData($"Invoke-NativeFunction {C} no_such_function", "IpcNotFound", "no function")]
    [InlineData($"Invoke-NativeFunction {C} snprintf x", "IpcNotSupported", "variable number")]
    [InlineData($"Invoke-NativeFunction {C} abs -ArgumentType int, '...' -ArgumentList 1, 2", "IpcNotSupported", "variable number")]
    [InlineData($"Invoke-NativeFunction {C} abs -ArgumentType int -ArgumentList 1, 2", "IpcInvalidArgument", "takes 1 arguments (int), not 2")]
    [InlineData($"Invoke-NativeFunction {C} abs -ArgumentType int -ArgumentList 'x'", "IpcSerialization", "not the text 'x'")]
    [InlineData($"Invoke-NativeFunction {C} abs -ArgumentType int -ArgumentList 3000000000", "IpcSerialization", "not 3000000000")]
    [InlineData($"Invoke-NativeFunction {C} abs -ArgumentType foo -ArgumentList 1", "IpcInvalidDeclaration", "'foo'")]
    [InlineData($"Invoke-NativeFunction {C} abs -ArgumentType 'struct foo' -ArgumentList 1", "IpcInvalidDeclaration", "not declared")]
    [InlineData($"Invoke-NativeFunction {C} strlen -ArgumentType string -ArgumentList @(,@{{}})", "IpcInvalidArgument", "takes text")]
    [InlineData($"Invoke-NativeFunction {C} strlen -ArgumentList ([datetime]::Now)", "IpcInvalidArgument", "-ArgumentType")]
    [InlineData($"Invoke-NativeFunction {C} abs -2", "IpcInvalidArgument", "(-2)")]
    [InlineData($"Invoke-NativeFunction {C} abs -ReturnType 'long double' -ArgumentList 1", "IpcNotSupported", "long double")]
    public void What_cannot_be_called_is_an_error_before_the_call(string command, string id, string message)
    {
        ErrorRecord error = _session.RunForError(command);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(message, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_grew_during_the_call_is_not_read_back()
    {
        ErrorRecord error = _session.RunForError($$"""
            $list = [System.Collections.ArrayList]@(3, 1, 2)
            {{QuickSort}} -ArgumentList $list, 3, 4, { param($x, $y) $null = $list.AddRange([int[]]::new(100)); $x.Value - $y.Value }
            """);
        Assert.StartsWith("IpcInvalidArgument,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("had 3 elements", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_of_any_case_are_filled_in_place_and_pointers_are_values_too()
    {
        object?[] output = _session.RunCleanly("""
            $null = New-CStruct 'struct tv { time_t sec; long usec; }; struct holder { void *p; };'
            $table = [hashtable]::new([StringComparer]::Ordinal); $table['SEC'] = 1
            $null = Invoke-NativeFunction libc.so.6 gettimeofday -ArgumentType 'struct tv *', 'void *' -ArgumentList $table, $null
            $table.Count; $table['SEC'] -gt 1
            $pointers = [IntPtr[]](1, 2)
            $null = Invoke-NativeFunction libc.so.6 memset -ReturnType 'void *' -ArgumentType 'void **', int, size_t -ArgumentList $pointers, 0, 16
            "$pointers"
            $time = Invoke-NativeFunction libc.so.6 gmtime -ReturnType 'long *' -ArgumentType 'const time_t *' -ArgumentList ([ref]0)
            (ConvertFrom-IpcData (ConvertTo-IpcData @{ p = $time } -Layout holder) -Layout holder).p -eq $time.Address
            """);
        Assert.Equal([2, true, "0 0", true], output);
    }

    [Fact]
    public void Calls_of_one_signature_share_what_was_emitted_for_it()
    {
        // In a process of its own: other tests emit types too.
        const string Script = """
            function Emitted { [AppDomain]::CurrentDomain.GetAssemblies().Where{ $_.GetName().Name -eq 'PSIpc.NativeTypes' }.ForEach{ $_.GetTypes().Count }[0] }
            $library = Import-NativeLibrary libc.so.6
            $counts = foreach ($i in 1..30) { $null = New-CStruct 'struct Again { int a, b; };'; $null = $library.GetFunction('abs', 'struct Again', 'struct Again'); Emitted }
            "$($counts[0]) $($counts[-1])"
            """;
        using Process process = Process.Start(new ProcessStartInfo(TestPaths.Host, ["-Command", Script]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal("1 1", output);
    }

    [Fact]
    public void A_function_can_be_kept_for_a_loop()
    {
        object?[] output = _session.RunCleanly("""
            $cos = (Import-NativeLibrary libm.so.6).GetFunction('cos', 'double', 'double')
            $sum = 0.0; foreach ($i in 1..1000) { $sum += $cos.Invoke($i) }
            $sum; "$cos"
            (Import-NativeLibrary libc.so.6).GetFunction('getpid', 'int').Invoke() -eq $PID
            """);
        Assert.Equal(Enumerable.Range(1, 1000).Sum(i => Math.Cos(i)), (double)output[0]!, 9);
        Assert.Equal(["double cos(double)", true], output[1..]);
    }

    [Fact]
    public void Libraries_and_types_complete()
    {
        _session.RunCleanly("$null = Import-NativeLibrary libm.so.6; $null = New-CStruct 'struct Completed { int x; };'");
        Assert.Contains("libm.so.6", _session.Complete("Invoke-NativeFunction libm"));
        Assert.Contains("'struct Completed'", _session.Complete("Invoke-NativeFunction libm.so.6 f -ReturnType 'struct Comp"));
        Assert.Contains("Completed", _session.Complete("ConvertTo-IpcData 1 -Layout Comp"));
    }
}
