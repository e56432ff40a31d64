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
        $table = [Data.DataTable]::new('t'); $null = $table.Columns.Add('a', [int]), $table.Columns.Add('b', [string]), $table.Rows.Add(1, 'x'), $table.Rows.Add(2, [DBNull]::Value); $table.PrimaryKey = $table.Columns[0]
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
            , @(1.5, [guid]::Empty, [timespan]::Zero, [version]'1.2', [char]'x', 5L, [byte]3, $true, [datetimeoffset]::UtcNow, [half]1, [int128]::MaxValue)
            , @([DBNull]::Value, [ipaddress]'1.2.3.4', [ipaddress]'fe80::1%3', [regex]'(?i)a+b', [xml]'<a b="c"><d>e</d></a>', [mailaddress]'a@b.c', [cultureinfo]'de-DE', [semver]'1.2.3-a', [switch]$true, [Collections.BitArray]::new(9))
            , @([Collections.Generic.List[int]](1, 2), [Collections.Generic.Dictionary[string, object]]::new(), [tuple]::Create(1, 'a'), [Collections.Generic.HashSet[string]]::new([string[]]('a', 'b')), [DayOfWeek[]](1, 2), [int[][]](@(1), @(2)), [Collections.Generic.List[Nullable[int]]](1, $null))
            $table)
        $secret = [securestring]::new(); $secret.AppendChar('x')
        class FuzzClass { [int] $Number = 1; hidden [string] $Hidden = 'h'; [FuzzClass] $Inner; $List = @(1) }
        $instance = [FuzzClass]::new(); $instance.Inner = [FuzzClass]::new(); $instance.Inner.Inner = $instance
        , ('MessagePack', (ConvertTo-IpcData $instance))
        , ('MessagePack', (ConvertTo-IpcData ([pscredential]::new('me', $secret)) -AllowSecret))
        foreach ($name in 'MessagePack', 'Json', 'CliXml') {
            foreach ($value in $objects) { , ($name, (ConvertTo-IpcData $value $name)) }
        }
        $pickled = @(@{ a = 1, 'x', 1.5d; g = [guid]::Empty; n = [bigint]::Pow(3, 90) }
            , @([PSIpc.PythonTuple]::new(1, 'a'), [PSIpc.PythonTuple]::new(1, 2, 3, 4), [Collections.Generic.HashSet[int]][int[]](1, 2), [numerics.complex]::new(1, 2))
            , @([datetime]::new(2026, 1, 1), [datetime]::UtcNow, [datetimeoffset]::new(2026, 1, 1, 1, 1, 1, [timespan]::FromHours(2)), [dateonly]::new(2026, 1, 1), [timeonly]::new(1, 2, 3), [timespan]::FromSeconds(-1))
            , [double[]](1, 2); , [int[,]]::new(2, 3); , [Collections.Generic.List[byte]][byte[]](1, 2)
            @{ f = [Collections.Frozen.FrozenSet]::ToFrozenSet[int]([int[]](5, 6)); t = [PSIpc.PythonTuple]::new([PSIpc.PythonTuple]::new(1)) })
        foreach ($value in $pickled) {
            foreach ($protocol in 2..5) { , ('Pickle', (ConvertTo-IpcData $value Pickle -Protocol $protocol)); , ('Pickle', (ConvertTo-IpcData $value Pickle -Protocol $protocol -NumPy)) }
        }
        # What no pickler of today writes: protocol 0, and the opcodes of old.
        foreach ($text in "(dp0`nVa`np1`n(lp2`nI1`naF1.5`naL12345678901234567890L`nasVb`n(I01`nS'x\x41'`ntp3`ns.", "ccopy_reg`n_reconstructor`n(cuuid`nUUID`nc__builtin__`nobject`nNtR(dVint`nI5`nsb.",
            "(ccollections`nOrderedDict`no.", "(icollections`nOrderedDict`n.", "((lp0`nI1`nal(dg0`nVx`nsd1.", "cos`nsystem`n(S'true'`ntR.", "(N1(K2e2.") {
            , ('Pickle', [Text.Encoding]::Latin1.GetBytes($text))
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
            new("Pickle", 40, ["CorruptData", "TypeNotAllowed", "NotFound"], Decoder(runspace, "Pickle"), [.. valid["Pickle"]]),
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
