using System.Globalization;
using System.Management.Automation;

namespace PSIpc;

/// <summary>Reproduces environment, cultures and drives of a caller's session in a child, and reverts them before the next caller's.</summary>
internal sealed class SessionMirror
{
    private readonly DriveManagementIntrinsics _drives;
    private readonly CmdletProviderManagementIntrinsics _providers;
    private readonly CultureInfo _ownCulture = CultureInfo.CurrentCulture;
    private readonly CultureInfo _ownUICulture = CultureInfo.CurrentUICulture;
    private readonly Dictionary<string, string?> _ownVariables = new(EnvironmentSnapshot.NameComparer);
    private readonly Dictionary<string, string> _made = new(StringComparer.OrdinalIgnoreCase);
    private CultureInfo _culture = CultureInfo.CurrentCulture;
    private CultureInfo _uiCulture = CultureInfo.CurrentUICulture;

    /// <summary>Creates a mirror for a session that has not been changed yet.</summary>
    public SessionMirror(DriveManagementIntrinsics drives, CmdletProviderManagementIntrinsics providers)
    {
        _drives = drives;
        _providers = providers;
    }

    /// <summary>Whether the present caller has drives of its own here.</summary>
    public bool HasDrives => _made.Count > 0;

    /// <summary>Applies a caller's session. The current folder must not be on a drive of the previous caller, which is removed.</summary>
    public void Apply(CallerSession caller, IReadOnlyList<EnvironmentChange> environment)
    {
        Set(environment);
        _culture = Find(caller.Culture) ?? _ownCulture;
        _uiCulture = Find(caller.UICulture) ?? _ownUICulture;
        SetCulture();
        if (caller.Drives.Length > 0 || _made.Count > 0)
        {
            Mount(caller.Drives);
        }
    }

    /// <summary>Restores the caller's cultures after a script changed them.</summary>
    public void SetCulture()
    {
        if (CultureInfo.CurrentCulture != _culture)
        {
            CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = _culture;
        }

        if (CultureInfo.CurrentUICulture != _uiCulture)
        {
            CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentUICulture = _uiCulture;
        }
    }

    private static CultureInfo? Find(string? name)
    {
        try
        {
            return name is null ? null : CultureInfo.GetCultureInfo(name);
        }
        catch (CultureNotFoundException)
        {
            return null; // In globalization-invariant mode there are no cultures.
        }
    }

    private void Set(IReadOnlyList<EnvironmentChange> changes)
    {
        foreach ((string name, string? own) in _ownVariables)
        {
            if (!changes.Any(c => EnvironmentSnapshot.NameComparer.Equals(c.Name, name)))
            {
                Environment.SetEnvironmentVariable(name, own);
                _ownVariables.Remove(name);
            }
        }

        foreach (EnvironmentChange change in changes)
        {
            _ownVariables.TryAdd(change.Name, Environment.GetEnvironmentVariable(change.Name));
            Environment.SetEnvironmentVariable(change.Name, change.Value);
        }
    }

    private void Mount(string[] drives)
    {
        foreach ((string name, string root) in _made)
        {
            int at = Array.IndexOf(drives, name);
            if (at < 0 || drives[at + 1] != root)
            {
                Try(() => _drives.Remove(name, force: true, "global"));
                _made.Remove(name);
            }
        }

        for (int i = 0; i + 1 < drives.Length; i += 2)
        {
            (string name, string root) = (drives[i], drives[i + 1]);
            if (!_made.ContainsKey(name))
            {
                Try(() =>
                {
                    _drives.New(new PSDriveInfo(name, _providers.GetOne("FileSystem"), root, "", null), "global");
                    _made[name] = root;
                });
            }
        }
    }

    private static void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is RuntimeException or InvalidOperationException or NotSupportedException or ArgumentException)
        {
            // The root no longer exists, or the session has a drive of that name. Scripts that use the drive report it.
        }
    }
}
