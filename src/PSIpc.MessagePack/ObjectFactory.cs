using System.Management.Automation;
using System.Reflection;

namespace PSIpc.MessagePack;

/// <summary>Makes the objects that are read. Members that newer engines have and the reference assembly has not are reached by delegates.</summary>
internal static class ObjectFactory
{
    private static readonly Action<PSObject, string>? SetText = typeof(PSObject)
        .GetProperty("ToStringFromDeserialization", BindingFlags.Instance | BindingFlags.NonPublic)
        ?.SetMethod?.CreateDelegate<Action<PSObject, string>>();

    /// <summary>An object without properties.</summary>
    public static PSObject Create(string[] types, string? text)
    {
        var result = new PSObject();
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
            SetText?.Invoke(result, text);
        }

        return result;
    }

    /// <summary>Adds a property.</summary>
    public static void Add(PSObject target, string name, object? value) =>
        target.Properties.Add(new PSNoteProperty(name, value), preValidated: true);
}
