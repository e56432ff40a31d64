using System.Collections;
using System.Management.Automation;
using System.Xml.Linq;

namespace PSIpc.Tests;

/// <summary>Objects look as the views say, and every type that a cmdlet gives has views.</summary>
public sealed class ViewTests : PoolTest
{
    // Shown by PowerShell itself, or by the views of the classes that derive from it.
    private static readonly string[] WithoutViews = ["System.Object", "System.Byte[]", "System.String", "System.Management.Automation.Job", "PSIpc.IpcChannel"];

    public static TheoryData<string> Types => new(
        [.. HelpPages.Cmdlets.Values.SelectMany(c => c.OutputType).Select(t => t.Name).Distinct().Except(WithoutViews), "PSIpc.CStructField", "PSIpc.IpcPipeEnd", "PSIpc.NativeFunction", "PSIpc.NativeError", "PSIpc.NativePointer", "PSIpc.IpcReference"]);

    private static XElement[] Views { get; } =
        [.. FormatFiles().SelectMany(f => XDocument.Load(f).Descendants("View"))];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_type_that_a_cmdlet_gives_has_a_table(string type)
    {
        XElement[] own = [.. Views.Where(v => v.Descendants("ViewSelectedBy").Elements("TypeName").Any(n => n.Value == type))];
        Assert.Contains(own, v => v.Element("TableControl") is not null);

        // The first one is what comes by itself.
        Assert.NotNull(own[0].Element("TableControl"));
        Assert.All(own.Select(v => v.Element("TableControl")).OfType<XElement>(), table =>
            Assert.Equal(table.Descendants("TableColumnHeader").Count(), table.Descendants("TableColumnItem").Count()));
    }

    [Fact]
    public void Views_name_only_types_and_properties_that_there_are()
    {
        Hashtable known = (Hashtable)Session.RunCleanly("""
            $known = @{}
            foreach ($assembly in [PSIpc.IpcCmdlet].Assembly, [PSIpc.Core.IpcException].Assembly) {
                foreach ($type in $assembly.GetExportedTypes()) { $known[$type.FullName] = @($type.GetProperties().Name) }
            }
            $known
            """)[0]!;
        foreach (XElement added in XDocument.Load(Path.Combine(Path.GetDirectoryName(TestPaths.Module)!, "PSIpc.Types.ps1xml")).Descendants("Type"))
        {
            known[added.Element("Name")!.Value] = Names(known[added.Element("Name")!.Value]).Concat(added.Descendants("ScriptProperty").Select(p => p.Element("Name")!.Value)).ToArray();
        }

        // A job's state is PowerShell's own addition to it.
        known["PSIpc.IpcProcess"] = Names(known["PSIpc.IpcProcess"]).Append("State").ToArray();
        foreach (XElement view in Views)
        {
            string type = view.Descendants("ViewSelectedBy").Elements("TypeName").First().Value;
            Assert.True(known.ContainsKey(type), type);
            Assert.All(view.Descendants("PropertyName").Select(p => p.Value), property => Assert.Contains(property, Names(known[type])));
        }
    }

    [Fact]
    public void Views_and_added_properties_do_not_fail_on_real_objects()
    {
        // What a view's script block throws is an empty cell and no error: so each is run by itself.
        Dictionary<string, object> samples = new()
        {
            ["PSIpc.IpcQueue"] = "New-IpcQueue",
            ["PSIpc.IpcTopic"] = "New-IpcTopic",
            ["PSIpc.IpcServer"] = "[pscustomobject] @{ IsConnected = $true }", // A real one needs a server.
            ["PSIpc.IpcPipe"] = "New-IpcPipe",
            ["PSIpc.IpcPipeEnd"] = "(New-IpcPipe).Reader",
            ["PSIpc.IpcSubscription"] = "New-IpcTopic | New-IpcSubscription",
            ["PSIpc.IpcLock"] = "New-IpcLock",
            ["PSIpc.IpcSemaphore"] = "New-IpcSemaphore -Count 1",
            ["PSIpc.IpcEvent"] = "New-IpcEvent",
            ["PSIpc.IpcBarrier"] = "New-IpcBarrier -ParticipantCount 1",
            ["PSIpc.IpcCondition"] = "New-IpcCondition",
            ["PSIpc.SharedArray"] = ", (New-SharedArray -Length 2)",
            ["PSIpc.SharedMemory"] = "New-SharedMemory -Size 10",
            ["PSIpc.SharedValue"] = "New-SharedValue -Value 1",
            ["PSIpc.SharedDictionary"] = "New-SharedDictionary",
            ["PSIpc.CStruct"] = "New-CStruct 'struct ViewSample { int a : 3; };'",
            ["PSIpc.CStructField"] = "(New-CStruct 'struct ViewSample { int a : 3; };').Fields[0]",
            ["PSIpc.IpcSerializerInfo"] = "Get-IpcSerializer Raw",
            ["PSIpc.Core.Segments.SharedObjectInfo"] = "$q = New-IpcQueue; Get-IpcObject $q.Name",
            ["PSIpc.IpcReference"] = "(New-IpcQueue).Reference",
            ["PSIpc.MissingIpcObject"] = "$q = New-IpcQueue; Send-IpcMessage $q ($l = New-IpcLock); Remove-IpcLock $l; Receive-IpcMessage $q",
            ["PSIpc.ItemErrorRecord"] = "1 | Invoke-ProcessPool { throw 'x' } 2>&1",
            ["PSIpc.IpcMessage"] = "$q = New-IpcQueue; 1 | Send-IpcMessage $q; Receive-IpcMessage $q -IncludeMetadata",
            ["PSIpc.IpcProcess"] = "Start-IpcProcess { }",
            ["PSIpc.IpcChannelSpeed"] = "[PSIpc.IpcChannelSpeed]::new()",
            ["PSIpc.ImportedLibrary"] = "Import-NativeLibrary libc.so.6",
            ["PSIpc.NativeFunction"] = "(Import-NativeLibrary libc.so.6).GetFunction('abs', 'int', 'int')",
            ["PSIpc.NativeError"] = "$null = Invoke-NativeFunction libc.so.6 abs 1 -LastErrorVariable e; $e",
            ["PSIpc.IpcListener"] = "New-IpcListener",
            ["PSIpc.IpcConnection"] = "$l = New-IpcListener; Connect-IpcPipe $l.Address",
            ["PSIpc.ProcessPool"] = "$pool",
            ["PSIpc.ProcessPoolWorker"] = "$null = $pool.Invoke({ 1 }); $pool.Workers[0]",
            ["PSIpc.ProcessPoolCall"] = "$running = Start-ProcessPoolTask { Wait-IpcEvent $using:end } -Pool $pool; $pool.Calls[0]",
            ["PSIpc.ProcessPoolTask"] = "Start-ProcessPoolTask { 1 }",
            ["PSIpc.ProcessPoolJob"] = "1 | Invoke-ProcessPool { 1 } -AsJob",
            ["PSIpc.NativePointer"] = "Invoke-NativeFunction libc.so.6 __errno_location -ReturnType 'int *'",
        };
        UseSharedPool(workers: 1);
        Session.RunCleanly("$end = New-IpcEvent");
        foreach (IGrouping<string, string> type in Views
            .SelectMany(v => v.Descendants("ScriptBlock").Select(s => (Type: v.Descendants("ViewSelectedBy").Elements("TypeName").First().Value, Script: s.Value)))
            .GroupBy(v => v.Type, v => v.Script))
        {
            Session.RunCleanly($"$sample = . {{ {samples[type.Key]} }}; {string.Join("; ", type.Select(script => $"ForEach-Object -InputObject $sample {{ {script} }}"))}");
        }

        Session.RunCleanly("Set-IpcEvent $end");

        Assert.Equal(0.0, Session.RunCleanly("(New-IpcQueue).PercentFull")[0]);
        Assert.IsType<TimeSpan>(Session.RunCleanly("$q = New-IpcQueue; (Get-IpcObject $q.Name).Age")[0]);
        Assert.IsType<TimeSpan>(Session.RunCleanly("$p = Start-IpcProcess { } | Wait-IpcProcess; $p.Duration; Remove-IpcProcess $p")[0]);
        Session.RunCleanly("Get-IpcProcess | Remove-IpcProcess -Force");
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KB")]
    [InlineData(4194304, "4 MB")]
    [InlineData(1e13, "9313.2 GB")]
    public void Sizes_are_readable(double bytes, string text) =>
        Assert.Equal(text, Session.RunCleanly("[cultureinfo]::CurrentCulture = ''; [PSIpc.ReadableSize]::Of($bytes)", ("bytes", bytes))[0]);

    /// <summary>In the order in which the manifest has them.</summary>
    private static string[] FormatFiles()
    {
        using var session = new PowerShellSession();
        return [.. session.RunCleanly("(Get-Module PSIpc).ExportedFormatFiles", []).Cast<string>()];
    }

    private static IEnumerable<string> Names(object? properties) => ((IEnumerable)properties!).Cast<object>().Select(p => p is PSObject wrapped ? wrapped.BaseObject : p).Select(p => p.ToString()!);
}
