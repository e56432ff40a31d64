using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What a <c>-Layout</c> parameter takes: a layout, the name of one, C text, or a layout that came from another process as data.</summary>
internal static class CStructArgument
{
    /// <summary>The layout that an argument means.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotFound"/> or <see cref="IpcErrorKind.InvalidDeclaration"/>.</exception>
    public static CStruct Resolve(object argument)
    {
        object plain = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        return plain switch
        {
            CStruct layout => layout,
            string text when text.Contains('{', StringComparison.Ordinal) => Last(CStructs.Declare(text)),
            string name => CStructs.Find(name) ?? throw NotFound(name),
            _ when argument is PSObject { BaseObject: PSCustomObject } arrived && arrived.TypeNames.Contains("Deserialized." + typeof(CStruct).FullName) => Arrived(arrived),
            _ => throw new IpcException(IpcErrorKind.NotFound, Messages.LayoutArgumentInvalid.With(plain.GetType())),
        };
    }

    private static CStruct Last(CStruct[] declared) => declared.Length > 0
        ? declared[^1]
        : throw new IpcException(IpcErrorKind.InvalidDeclaration, Messages.CDeclaresNoStructure);

    private static CStruct Arrived(PSObject arrived)
    {
        string declaration = (string)arrived.Properties[nameof(CStruct.Declaration)].Value;
        string name = (string)arrived.Properties[nameof(CStruct.Name)].Value;
        CAbi abi = LanguagePrimitives.ConvertTo<CAbi>(arrived.Properties[nameof(CStruct.Abi)].Value);
        bool isBigEndian = LanguagePrimitives.ConvertTo<bool>(arrived.Properties[nameof(CStruct.IsBigEndian)].Value);
        return CStruct.Parse(declaration, 0, abi, isBigEndian).FirstOrDefault(s => s.Name == name) ?? throw NotFound(name);
    }

    private static IpcException NotFound(string name) => new(
        IpcErrorKind.NotFound,
        Messages.CStructNotFound.With(name),
        name);
}
