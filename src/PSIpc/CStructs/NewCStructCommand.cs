using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// <para type="synopsis">Declares C structures and unions by C text, and writes their layouts.</para>
/// </summary>
[Cmdlet(VerbsCommon.New, "CStruct")]
[OutputType(typeof(CStruct))]
public sealed class NewCStructCommand : IpcCmdlet
{
    /// <summary>C declarations: <c>struct Point { int32_t x; double y; char name[16]; };</c>. Each structure or union with a name gives a layout.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public string Declaration { get; set; } = "";

    /// <summary>The maximum alignment of members in bytes: 1, 2, 4, 8 or 16, as <c>#pragma pack</c> in the text.</summary>
    [Parameter]
    [ValidateSet("1", "2", "4", "8", "16")]
    public int Pack { get; set; }

    /// <summary>The ABI that determines sizes, alignments and bit fields; by default that of this machine.</summary>
    [Parameter]
    public CAbi Abi { get; set; } = CDataModel.Native;

    /// <summary>Numbers have their most significant byte first, and bit fields begin at the most significant bit.</summary>
    [Parameter]
    public SwitchParameter BigEndian { get; set; }

    /// <summary>Declares the structures of a text.</summary>
    protected override void ProcessRecord() => Try(
        () =>
        {
            CStruct[] declared = CStructs.Declare(Declaration, Pack, Abi, BigEndian);
            WriteVerbose($"Declared {string.Join<CStruct>(", ", declared)} in this session.");
            WriteObject(
                declared.Length > 0 ? declared : throw new IpcException(IpcErrorKind.InvalidDeclaration, Messages.CDeclaresNoStructure),
                enumerateCollection: true);
        },
        Declaration);
}
