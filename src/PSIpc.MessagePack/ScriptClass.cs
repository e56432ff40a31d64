using System.Collections;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace PSIpc.MessagePack;

/// <summary>
/// A class that a script of this session defines, whose instances consist of their properties. An instance is made without its constructor and gets
/// its properties' values as they are: no code of the class runs.
/// </summary>
internal sealed class ScriptClass
{
    private const int MaxKnown = 1000;

    private static readonly ConcurrentDictionary<string, ScriptClass?> Known = new(StringComparer.Ordinal);
    private static readonly ConditionalWeakTable<Type, ScriptClass?> ByType = [];

    private readonly Dictionary<string, FieldInfo> _fields;
    private readonly ScriptClassState[] _states;
    private readonly bool _hasStaticCode;

    static ScriptClass() => AppDomain.CurrentDomain.AssemblyLoad += static (_, _) => Known.Clear();

    private ScriptClass(Type type, List<(PropertyInfo Property, FieldInfo Field)> properties, Type[] chain)
    {
        Type = type;
        _fields = properties.ToDictionary(static p => p.Property.Name, static p => p.Field, StringComparer.Ordinal);
        HiddenProperties = [.. properties.Where(static p => p.Property.IsDefined(typeof(HiddenAttribute))).Select(static p => p.Property)];
        _states = Array.ConvertAll(chain, static t => new ScriptClassState(t));
        _hasStaticCode = Array.Exists(chain, static t => t.TypeInitializer is not null);
    }

    /// <summary>The class.</summary>
    public Type Type { get; }

    /// <summary>The properties that PowerShell does not show.</summary>
    public PropertyInfo[] HiddenProperties { get; }

    /// <summary>How many properties it has.</summary>
    public int PropertyCount => _fields.Count;

    /// <summary>The class of a type; null for a type that is none, or whose instances are more than their properties.</summary>
    public static ScriptClass? Of(Type type) => ByType.GetValue(type, Make);

    /// <summary>The class of a name that was defined last; null if there is none.</summary>
    public static ScriptClass? Find(string name)
    {
        if (Known.TryGetValue(name, out ScriptClass? known))
        {
            return known;
        }

        ScriptClass? found = ScriptTypes.Find(name, static t => Of(t) is not null) is { } type ? Of(type) : null;
        if (Known.Count >= MaxKnown)
        {
            Known.Clear();
        }

        Known[name] = found;
        return found;
    }

    /// <summary>Whether it has a property.</summary>
    public bool Has(string property) => _fields.ContainsKey(property);

    /// <summary>Whether an instance can be made by this thread: the class's static values are computed by its first use, in a session.</summary>
    public bool CanBeMade => !_hasStaticCode || Runspace.DefaultRunspace is not null;

    /// <summary>An instance whose properties have no values yet.</summary>
    public object Create()
    {
        object instance = RuntimeHelpers.GetUninitializedObject(Type);
        foreach (ScriptClassState state in _states)
        {
            state.GiveTo(instance);
        }

        return instance;
    }

    /// <summary>Sets a property; false where the value is not of its type.</summary>
    public bool TrySet(object instance, string property, object? value)
    {
        FieldInfo field = _fields[property];
        object? plain = value is PSObject wrapped && !field.FieldType.IsInstanceOfType(value) ? wrapped.BaseObject : value;
        if (plain is null ? field.FieldType.IsValueType && Nullable.GetUnderlyingType(field.FieldType) is null : !field.FieldType.IsInstanceOfType(plain))
        {
            return false;
        }

        field.SetValue(instance, plain);
        return true;
    }

    private static ScriptClass? Make(Type type)
    {
        if (!ScriptTypes.Has(type.Assembly) || type.IsAbstract || type.IsValueType || type.IsGenericType || typeof(IEnumerable).IsAssignableFrom(type)
            || type.GetConstructor(Type.EmptyTypes) is null)
        {
            return null;
        }

        var chain = new List<Type>();
        for (Type current = type; current != typeof(object); current = current.BaseType!)
        {
            if (!ScriptTypes.Has(current.Assembly))
            {
                return null;
            }

            chain.Insert(0, current);
        }

        var properties = new List<(PropertyInfo, FieldInfo)>();
        foreach (PropertyInfo property in chain.SelectMany(static t => t.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)))
        {
            if (property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic) is not { } field
                || properties.Exists(p => p.Item1.Name == property.Name))
            {
                return null;
            }

            properties.Add((property, field));
        }

        return new ScriptClass(type, properties, [.. chain]);
    }
}
