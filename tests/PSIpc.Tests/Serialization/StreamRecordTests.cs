using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>What PowerShell's streams carry arrives as objects of the same classes.</summary>
public sealed class StreamRecordTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void An_error_keeps_its_id_category_target_and_stack()
    {
        var error = RoundTrip<ErrorRecord>("""
            $e = [Management.Automation.ErrorRecord]::new([IO.IOException]::new('disk on fire'), 'Disk,On.Fire', 'DeviceError', @{ disk = 'sda' })
            $e.CategoryInfo.Activity = 'Burning'; $e.CategoryInfo.Reason = 'Heat'; $e.CategoryInfo.TargetName = 'sda'; $e.CategoryInfo.TargetType = 'Disk'
            $e.ErrorDetails = [Management.Automation.ErrorDetails]::new('in short'); $e.ErrorDetails.RecommendedAction = 'water'
            """);
        Assert.Equal("disk on fire", Assert.IsType<IOException>(error.Exception).Message);
        Assert.Equal("System.IO.IOException", error.Exception.Data["ExceptionType"]);
        Assert.Equal("Disk,On.Fire", error.FullyQualifiedErrorId);
        Assert.Equal(
            (ErrorCategory.DeviceError, "Burning", "Heat", "sda", "Disk"),
            (error.CategoryInfo.Category, error.CategoryInfo.Activity, error.CategoryInfo.Reason, error.CategoryInfo.TargetName, error.CategoryInfo.TargetType));
        Assert.Equal(("in short", "water"), (error.ErrorDetails.Message, error.ErrorDetails.RecommendedAction));
        Assert.Equal("sda", Assert.IsType<System.Collections.Hashtable>(error.TargetObject)["disk"]);
    }

    [Fact]
    public void An_error_that_was_thrown_keeps_where()
    {
        var error = RoundTrip<ErrorRecord>("function deep { throw 'down here' }; try { deep } catch { $e = $_ }");
        Assert.Contains("at deep", error.ScriptStackTrace, StringComparison.Ordinal);
        Assert.Equal("down here", error.FullyQualifiedErrorId);
    }

    [Fact]
    public void The_target_of_an_error_can_be_any_object()
    {
        var error = RoundTrip<ErrorRecord>("$e = [Management.Automation.ErrorRecord]::new([Exception]::new('m'), 'id', 0, [IO.DirectoryInfo]::new('/usr'))");
        Assert.Equal("usr", ((PSObject)error.TargetObject).Properties["Name"].Value);
    }

    [Theory]
    [InlineData("$t = @{}; $t.self = $t", "System.Collections.Hashtable")]
    [InlineData("$t = @(1); foreach ($i in 1..60) { $t = , $t }", "System.Object[]")]
    public void An_error_arrives_even_if_its_target_cannot(string target, string text)
    {
        var error = RoundTrip<ErrorRecord>($"{target}; $e = [Management.Automation.ErrorRecord]::new([Exception]::new('m'), 'id', 0, $t)");
        Assert.Equal(text, error.TargetObject);
        Assert.Equal("m", error.Exception.Message);
    }

    [Fact]
    public void What_follows_a_target_that_could_not_be_written_is_intact()
    {
        object?[] output = _session.RunCleanly("""
            $t = @{ row = [pscustomobject]@{ a = 1 } }; $t.self = $t
            $e = [Management.Automation.ErrorRecord]::new([Exception]::new('m'), 'id', 0, $t)
            $back = ConvertFrom-IpcData (ConvertTo-IpcData @($e, [pscustomobject]@{ a = 2 }, [pscustomobject]@{ a = 3 }))
            $back[1].a; $back[2].a
            """);
        Assert.Equal([2, 3], output);
    }

    [Fact]
    public void Errors_inside_errors_without_end_are_cut_off_and_no_overflow()
    {
        var error = RoundTrip<ErrorRecord>("$e = 'innermost'; foreach ($i in 1..20000) { $e = [Management.Automation.ErrorRecord]::new([Exception]::new('m'), 'id', 0, $e) }");
        int levels = 0;
        object? inner = error;
        while (inner is ErrorRecord { TargetObject: var target })
        {
            levels++;
            inner = target is PSObject wrapped ? wrapped.BaseObject : target;
        }

        Assert.Equal(32, levels);
        Assert.IsType<string>(inner);
    }

    [Theory]
    [InlineData("WarningRecord", typeof(WarningRecord))]
    [InlineData("VerboseRecord", typeof(VerboseRecord))]
    [InlineData("DebugRecord", typeof(DebugRecord))]
    public void A_message_is_one_of_its_stream(string name, Type type)
    {
        object back = RoundTrip<InformationalRecord>($"$e = [Management.Automation.{name}]::new('listen')");
        Assert.IsType(type, back);
        Assert.Equal("listen", ((InformationalRecord)back).Message);
    }

    [Fact]
    public void Information_keeps_data_tags_time_and_origin()
    {
        var back = RoundTrip<InformationRecord>("""
            $e = [Management.Automation.InformationRecord]::new([pscustomobject]@{ x = 7 }, 'here.ps1')
            $e.Tags.Add('one'); $e.Tags.Add('two'); $e.TimeGenerated = [datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Local); $e.User = 'u'; $e.Computer = 'c'; $e.ProcessId = 12; $e.ManagedThreadId = 3
            """);
        Assert.Equal(7, ((PSObject)back.MessageData).Properties["x"].Value);
        Assert.Equal(["one", "two"], back.Tags);
        Assert.Equal(
            ("here.ps1", new DateTime(2026, 1, 2, 3, 4, 5), "u", "c", 12u, 3u),
            (back.Source, back.TimeGenerated, back.User, back.Computer, back.ProcessId, back.ManagedThreadId));
    }

    [Fact]
    public void What_Write_Host_says_keeps_its_colours()
    {
        var back = RoundTrip<InformationRecord>("""
            $m = [Management.Automation.HostInformationMessage]::new(); $m.Message = 'hi'; $m.NoNewLine = $true; $m.ForegroundColor = 'Red'
            $e = [Management.Automation.InformationRecord]::new($m, 's')
            """);
        var message = Assert.IsType<HostInformationMessage>(back.MessageData is PSObject wrapped ? wrapped.BaseObject : back.MessageData);
        Assert.Equal(("hi", true, ConsoleColor.Red, null), (message.Message, message.NoNewLine, message.ForegroundColor, message.BackgroundColor));
    }

    [Fact]
    public void Progress_keeps_every_field()
    {
        var back = RoundTrip<ProgressRecord>("""
            $e = [Management.Automation.ProgressRecord]::new(3, 'Working', 'half way')
            $e.ParentActivityId = 1; $e.PercentComplete = 50; $e.SecondsRemaining = 9; $e.CurrentOperation = 'op'; $e.RecordType = 'Completed'
            """);
        Assert.Equal(
            (3, "Working", "half way", 1, 50, 9, "op", ProgressRecordType.Completed),
            (back.ActivityId, back.Activity, back.StatusDescription, back.ParentActivityId, back.PercentComplete, back.SecondsRemaining, back.CurrentOperation, back.RecordType));
    }

    [Fact]
    public void Progress_that_ends_needs_no_activity()
    {
        var back = RoundTrip<ProgressRecord>("$e = [Management.Automation.ProgressRecord]::new(3); $e.RecordType = 'Completed'");
        Assert.Equal((3, ProgressRecordType.Completed), (back.ActivityId, back.RecordType));
    }

    private T RoundTrip<T>(string makesE)
    {
        object back = Assert.Single(_session.Run(makesE + "; ConvertFrom-IpcData (ConvertTo-IpcData $e)")).BaseObject;
        Assert.Empty(_session.Errors);
        return Assert.IsType<T>(back, exactMatch: false);
    }
}
