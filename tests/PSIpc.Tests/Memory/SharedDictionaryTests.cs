namespace PSIpc.Tests;

/// <summary>Dictionaries as a user calls them.</summary>
public sealed class SharedDictionaryTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("MessagePack")]
    [InlineData("Json")]
    [InlineData("CliXml")]
    public void Any_value_goes_in_and_comes_out_as_a_copy(string serializer)
    {
        object?[] output = _session.RunCleanly($$"""
            $d = New-SharedDictionary -Serializer {{serializer}}
            $d['a'] = 1; $d['A'] = 'other'; $d['list'] = 1, 2, 3; $d['object'] = [pscustomobject]@{ x = 5 }; $d['nothing'] = $null
            $d['a'], $d['A'], ($d['list'] -join ','), $d['object'].x, ($null -eq $d['nothing']), ($null -eq $d['missing'])
            $d.Count, $d.ContainsKey('nothing'), $d.ContainsKey('missing'), $d.Remove('a'), $d.Remove('a')
            ($d.Keys | ForEach-Object { $_ }).Count
            $copy = $d['object']; $copy.x = 9; $d['object'].x
            Remove-SharedDictionary $d
            """);
        object one = serializer == "Json" ? 1L : 1;
        object five = serializer == "Json" ? 5L : 5;
        Assert.Equal([$"{one}", "other", "1,2,3", $"{five}", true, true, 5L, true, false, true, false, 4, $"{five}"], output.Select((o, i) => i is 0 or 3 or 12 ? $"{o}" : o));
    }

    [Fact]
    public void Entries_are_whole_while_other_processes_write_and_one_is_killed()
    {
        object?[] output = _session.RunCleanly("""
            $d = New-SharedDictionary; $started = New-SharedValue -Value 0
            $work = {
                $d = $using:d; $random = [Random]::new($PID); $null = ($using:started).Add(1)
                while ($true) {
                    $n = $random.Next(1, 200); $key = "k$($random.Next(50))"
                    if ($random.Next(4)) { $d[$key] = [pscustomobject]@{ Count = $n; Items = [int[]]@($n) * $n } } else { $null = $d.Remove($key) }
                }
            }
            $writers = foreach ($i in 1..2) { Start-IpcProcess $work }
            $clock = [Diagnostics.Stopwatch]::StartNew()
            while (($started.Value -lt 2 -or $d.Count -lt 10) -and $clock.Elapsed.TotalSeconds -lt 60) { [Threading.Thread]::Sleep(10) }
            function Count-Wrong {
                $wrong = 0; $seen = 0
                foreach ($entry in $d.GetEnumerator()) { $seen++; $v = $entry.Value; if ($v.Items.Count -ne $v.Count -or ($v.Items -ne $v.Count).Count) { $wrong++ } }
                "$wrong"; $script:all += $seen
            }
            $all = 0
            $found = foreach ($round in 1..40) { Count-Wrong; if ($round -eq 20) { Stop-IpcProcess $writers[0] -Force } }
            ($found -ne '0').Count, ($all -gt 100)
            Stop-IpcProcess $writers[1] -Force
            Count-Wrong; @($d.Keys).Count -eq $d.Count
            Remove-IpcProcess $writers -Force; Remove-SharedDictionary $d; Remove-SharedValue $started
            """);
        Assert.Equal([0, true, "0", true], output);
    }

    [Theory]
    [InlineData("$d.Add('a', 2)", "AlreadyExists")]
    [InlineData("$d['a'] = $d['a'] = [Threading.Thread]::CurrentThread; $d.Add('a', 1)", "AlreadyExists")]
    [InlineData("$null = $d.AddOrUpdate('a', 1, { })", "InvalidArgument")]
    [InlineData("$d['x' * 70000] = 1", "InvalidArgument")]
    [InlineData("$d.Dispose(); $d['a'] = 1", "Closed")]
    public void Wrong_use_is_an_error_and_changes_nothing(string script, string kind)
    {
        object?[] output = _session.RunCleanly($$"""
            $d = New-SharedDictionary; $d['a'] = 1
            $found = $null
            try { {{script}} } catch { $found = $_.Exception }
            while ($found -isnot [PSIpc.Core.IpcException]) { $found = $found.InnerException }
            "$($found.Kind)"
            $d.Remove(); $d.Dispose()
            """);
        Assert.Equal([kind], output);
    }
}
