using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Waits at barriers and conditions in a pipeline that is stopped.</summary>
public sealed class SynchronizationCmdletTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Wait-IpcBarrier $barrier")]
    [InlineData("Wait-IpcCondition $condition { $false }")]
    public void Stopping_the_pipeline_ends_a_wait_and_leaves_no_trace(string wait)
    {
        object?[] made = _session.RunCleanly("$barrier = New-IpcBarrier -ParticipantCount 2; $condition = New-IpcCondition; $barrier; $condition");
        int Waiting() => made.Sum(o => (int)o!.GetType().GetProperty("WaitingCount")!.GetValue(o)!);
        using (PowerShell pipeline = _session.NewPipeline(wait))
        {
            pipeline.BeginInvoke();
            Assert.True(SpinWait.SpinUntil(() => Waiting() == 1, TimeSpan.FromSeconds(120)));
            pipeline.Stop();
        }

        Assert.Equal(0, Waiting());
        Assert.Equal([false], _session.RunCleanly("$condition.Lock.IsHeld; Remove-IpcBarrier $barrier; Remove-IpcCondition $condition"));
    }
}
