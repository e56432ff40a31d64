using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;

namespace PSIpc.Fuzzing;

/// <summary>A decoder to be given bytes that nobody wrote, with some that somebody did.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Weight">How often it is chosen, beside the others.</param>
/// <param name="Refusals">The kinds of the exceptions that it documents.</param>
/// <param name="Decode">Decodes; throws.</param>
/// <param name="Valid">Bytes that it takes.</param>
internal sealed record FuzzTarget(string Name, int Weight, string[] Refusals, Action<byte[]> Decode, IReadOnlyList<byte[]> Valid)
{
    private const string Values = """
        $null = New-CStruct 'enum Color { Red, Green = 5 }; struct Point { int32_t x; double y; char name[8]; };
            typedef struct { struct Point a[2]; enum Color c : 4; unsigned f : 3; union { int i; float g; }; char16_t w[4]; uint8_t raw[3]; bool ok; long double d; } Line;'
        $objects = @(
            @{ a = 1, 'x', [decimal]1; o = [pscustomobject]@{ p = 1; q = $null }; e = [DayOfWeek]::Friday; t = [int[]](1..9); d = [datetime]::Now }
            , @([pscustomobject]@{ PSTypeName = 'T'; a = 1.5 }, [pscustomobject]@{ PSTypeName = 'T'; a = 2.5 }, [ordered]@{ z = 1; y = 2 })
            [Management.Automation.ErrorRecord]::new([Exception]::new('m'), 'id', 0, @{ k = 1 })
            [Management.Automation.ProgressRecord]::new(1, 'a', 'b')
            [Management.Automation.InformationRecord]::new('data', 'source')
            , [int[,]]::new(2, 3)
            , [string[]]('a', 'b')
            [IO.DirectoryInfo]::new('/usr')
            [uri]'http://a/b'
            [bigint]::Pow(3, 80)
            , @(1.5, [guid]::Empty, [timespan]::Zero, [version]'1.2', [char]'x', 5L, [byte]3, $true, [datetimeoffset]::UtcNow, [half]1, [int128]::MaxValue))
        foreach ($name in 'MessagePack', 'Json', 'CliXml') {
            foreach ($value in $objects) { , ($name, (ConvertTo-IpcData $value $name)) }
        }
        $queue = New-IpcQueue -Serializer CStruct
        $layouts = 'Point', 'Line', 'union U { struct { uint8_t lo, hi; }; uint16_t both; };', 'struct P { struct P *next; int (*f)(int); double m[2][3]; };'
        foreach ($layout in $layouts) {
            foreach ($value in @{}, @(@{}, @{})) { Send-IpcMessage $queue $value -Layout $layout; , ('CStruct', $queue.ReceiveBytes()) }
        }
        Remove-IpcQueue $queue
        foreach ($layout in Get-CStruct) { , ('C declarations', [Text.Encoding]::UTF8.GetBytes($layout.Declaration)) }
        , ('C declarations', [Text.Encoding]::UTF8.GetBytes('#define N 4
            typedef unsigned int uint; struct __attribute__((packed)) A { uint a : 3, : 0, b[N + sizeof(int) * 2]; const char *const *p; } __attribute__((aligned(16)));
            /* c */ #pragma pack(push, 2)
            union B { struct A a; enum { X = 1 << 3, Y } e; int (*(*f)(void))[3]; }; // end'))
        """;

    /// <summary>All decoders of a module.</summary>
    /// <param name="module">The path of its manifest.</param>
    public static FuzzTarget[] All(string module)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([module]);
        using Runspace runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        ILookup<string, byte[]> valid = Run(runspace, Values)
            .Select(pair => (object[])pair.BaseObject)
            .ToLookup(pair => (string)Plain(pair[0]), pair => (byte[])Plain(pair[1]));
        Type layouts = (Type)Run(runspace, "[PSIpc.CStruct]")[0].BaseObject;
        System.Reflection.MethodInfo parse = layouts.GetMethods().Single(m => m.Name == "Parse" && m.IsStatic && m.GetParameters().Length == 4);
        object?[] rest = [0, null, false];
        return
        [
            new("MessagePack", 44, ["CorruptData"], Decoder(runspace, "MessagePack"), [.. valid["MessagePack"]]),
            new("Json", 30, ["CorruptData"], Decoder(runspace, "Json"), [.. valid["Json"]]),
            new("CStruct", 20, ["CorruptData"], Decoder(runspace, "CStruct"), [.. valid["CStruct"]]),
            new("C declarations", 5, ["InvalidDeclaration"], bytes => Unwrapped(() => parse.Invoke(null, [Encoding.UTF8.GetString(bytes), .. rest])), [.. valid["C declarations"]]),
            new("CliXml", 1, ["CorruptData"], Decoder(runspace, "CliXml"), [.. valid["CliXml"]]),
        ];
    }

    private static Action<byte[]> Decoder(Runspace runspace, string name)
    {
        object serializer = Run(runspace, $"[PSIpc.IpcSerializers]::Get('{name}')")[0].BaseObject;
        var read = serializer.GetType().GetMethod("Deserialize", [typeof(ReadOnlyMemory<byte>)])!.CreateDelegate<Func<ReadOnlyMemory<byte>, object?>>(serializer);
        return bytes => read(bytes);
    }

    private static void Unwrapped(Action action)
    {
        try
        {
            action();
        }
        catch (System.Reflection.TargetInvocationException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException!);
        }
    }

    private static IReadOnlyList<PSObject> Run(Runspace runspace, string script)
    {
        using PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = runspace;
        IReadOnlyList<PSObject> output = pipeline.AddScript(script).Invoke();
        return pipeline.HadErrors ? throw new InvalidOperationException(pipeline.Streams.Error[0].ToString()) : output;
    }

    private static object Plain(object value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
