using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSIpc;

/// <summary>
/// The session state in which the methods of an instance of a script's class run, which a constructor would give it: PowerShell has no public way to
/// make an instance without running its constructor. Seen in 7.4 to 7.6; where the engine lacks a member, methods run in the state of their caller.
/// </summary>
/// <param name="type">The class, or one that it derives from.</param>
internal sealed class ScriptClassState(Type type)
{
    private readonly FieldInfo? _state = type.GetField("__sessionState", BindingFlags.Instance | BindingFlags.NonPublic);

    private readonly object? _keeper = type.Assembly.GetType(type.FullName + "_<staticHelpers>", throwOnError: false)
        ?.GetField("__sessionStateKeeper", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)?.GetValue(null);

    /// <summary>Gives an instance the state in which the class was defined in the session of this thread.</summary>
    public void GiveTo(object instance)
    {
        if (_state is not null && _keeper is not null && Runspace.DefaultRunspace is not null)
        {
            MethodInfo? find = _keeper.GetType().GetMethod("GetSessionState", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, Type.EmptyTypes);
            _state.SetValue(instance, find?.Invoke(_keeper, null));
        }
    }
}
