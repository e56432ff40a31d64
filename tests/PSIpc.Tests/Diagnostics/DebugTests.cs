using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>What cmdlets tell with -Debug.</summary>
public sealed class DebugTests : PoolTest
{
    private readonly string _name = $"debug-{Guid.NewGuid():N}";

    [Fact]
    public void Debug_tells_the_engines_steps_and_without_it_nothing_does()
    {
        Assert.Contains($"PSIpc: Made Queue '{_name}'", Told($"$q = New-IpcQueue {_name} -Debug"), StringComparison.Ordinal);
        Assert.DoesNotContain(_name, Told("Receive-IpcMessage $q -Timeout 0.02 -Debug -ErrorAction Ignore"), StringComparison.Ordinal); // the process has other steps
        Assert.Contains($"Removed Queue '{_name}'", Told("& { $DebugPreference = 'Continue'; Remove-IpcQueue $q }"), StringComparison.Ordinal);
        Assert.Equal("", Told($"$q = New-IpcQueue {_name}; Remove-IpcQueue $q"));
        Assert.Equal("", Told($"& {{ $DebugPreference = 'Continue'; $q = New-IpcQueue {_name} -Debug:$false }}"));
    }

    [Fact]
    public void Debug_tells_the_steps_of_a_pool()
    {
        UseSharedPool(workers: 1);
        string told = Told("1 | Invoke-ProcessPool { $_ } -Pool $pool -Debug");
        Assert.Matches(@"Process pool '(?<pool>[\w-]+)' begins call (?<call>\d+).*Call \k<call> of process pool '\k<pool>' is over", told);
    }

    /// <summary>The debug messages of a script.</summary>
    private string Told(string script) => string.Join(' ', Session.Run($". {{ {script} }} 5>&1").Select(o => o?.BaseObject).OfType<DebugRecord>().Select(r => r.Message));
}
