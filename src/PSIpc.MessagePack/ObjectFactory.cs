using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace PSIpc.MessagePack;

/// <summary>Makes the objects that are read.</summary>
public static class ObjectFactory
{
    // The engine calls a method of this name where it wants an object's text, as in "$object".
    private static readonly MethodInfo TextMethod = typeof(ObjectFactory).GetMethod(nameof(TextOf))!;

    private static readonly ConditionalWeakTable<PSObject, string> Texts = [];

    /// <summary>The text that an object had where it came from. Called by the engine as the object's <c>ToString</c>.</summary>
    /// <param name="target">The object.</param>
    public static string TextOf(PSObject target) => ArrivedTextOf(target) ?? "";

    /// <summary>The text that an object arrived with; null for one that did not arrive or had none.</summary>
    internal static string? ArrivedTextOf(PSObject? target) => target is not null && Texts.TryGetValue(target, out string? text) ? text : null;

    /// <summary>An object with room for its properties, but without them.</summary>
    internal static PSObject Create(string[] types, string? text, int properties)
    {
        PSObject result = EngineMembers.Create(properties);
        if (types.Length > 0)
        {
            result.TypeNames.Clear();
            foreach (string type in types)
            {
                result.TypeNames.Add(type);
            }
        }

        if (text is not null)
        {
            Texts.Add(result, text);
            result.Methods.Add(new PSCodeMethod("ToString", TextMethod), preValidated: true);
        }

        return result;
    }
}
