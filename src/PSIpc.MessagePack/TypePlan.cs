using System.Management.Automation;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>How the values of a type are written that is neither a plain value, a table nor an array. Found once a type.</summary>
internal abstract class TypePlan
{
    private static readonly ConditionalWeakTable<Type, TypePlan> Plans = [];

    /// <summary>The plan of a type; one that writes nothing for those that arrive as lists or property bags.</summary>
    public static TypePlan Of(Type type) => Plans.TryGetValue(type, out TypePlan? plan) ? plan : Plans.GetValue(type, Make);

    /// <summary>Writes a value; false where it has no form of its own.</summary>
    public abstract bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag);

    private static TypePlan Make(Type type)
    {
        if (type == typeof(SecureString) || typeof(PSCredential).IsAssignableFrom(type) || type == typeof(NetworkCredential))
        {
            return new CredentialPlan();
        }

        if (type == typeof(DeserializedEnum))
        {
            return new EnumPlan();
        }

        if (KnownValues.Of(type) is { } known)
        {
            return new KnownValuePlan(known);
        }

        if (CollectionType.Of(type) is { } collection)
        {
            return new CollectionPlan(collection);
        }

        if (type.FullName is { } name && name.StartsWith("System.Data.Data", StringComparison.Ordinal))
        {
            return new DataTablePlan();
        }

        return ScriptClass.Of(type) is { } scriptClass ? new ScriptClassPlan(scriptClass) : new NoPlan();
    }

    private sealed class NoPlan : TypePlan
    {
        public override bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag) => false;
    }

    private sealed class EnumPlan : TypePlan
    {
        public override bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag)
        {
            var named = (DeserializedEnum)value;
            ScalarWriter.WriteEnum(ref writer, named.TypeName, named.Value, named.value__);
            return true;
        }
    }

    private sealed class KnownValuePlan(KnownValue known) : TypePlan
    {
        public override bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value, bool inBag)
        {
            if (known.Write(value) is not { } bytes)
            {
                return false;
            }

            if (known.Code == KnownValues.EngineTypeCode && Secrets.AreInCliXml(bytes))
            {
                objects.RequireSecretsAllowed(value.GetType());
            }

            ScalarWriter.WriteKnownValue(ref writer, known.Code, bytes);
            return true;
        }
    }
}
