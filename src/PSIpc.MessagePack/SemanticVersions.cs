using System.Management.Automation;

namespace PSIpc.MessagePack;

/// <summary>PowerShell's semantic versions, which its reference assembly lacks: found by name, made by the public conversion from text.</summary>
internal static class SemanticVersions
{
    /// <summary>How they are written and read; null where the engine has none.</summary>
    public static KnownValue? Make(byte code) => typeof(PSObject).Assembly.GetType("System.Management.Automation.SemanticVersion") is { } type
        ? new KnownValue(
            code,
            type,
            static value => System.Text.Encoding.UTF8.GetBytes(value.ToString() ?? ""),
            bytes => LanguagePrimitives.ConvertTo(KnownValue.TextOf(bytes), type, System.Globalization.CultureInfo.InvariantCulture))
        : null;
}
