using System.Management.Automation;
using System.Reflection;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>How instances of a script's class are written: as property bags that say so, hidden properties last; one that was written before by its number.</summary>
internal sealed class ScriptClassPlan(ScriptClass type) : TypePlan
{
    public override bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag)
    {
        objects.WriteInstance(ref writer, PSObject.AsPSObject(value), type);
        return true;
    }

    /// <summary>Adds the hidden properties to those that PowerShell shows.</summary>
    public static void AddHidden(PropertyFrame frame, object value, ScriptClass type)
    {
        foreach (PropertyInfo property in type.HiddenProperties)
        {
            frame.Add(property.Name, property.GetValue(value));
        }
    }
}
