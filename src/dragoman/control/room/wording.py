"""Texts of allauth's pages that the Room says in its own words; collected for translators as ours are.

English has a file of translations for these alone: headings and buttons begin with the only capital, and things are called as
everywhere else in the Room.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import pgettext_lazy

TEXTS = (
    _("Sign In"), _("Sign Up"), _("Signup"), _("Sign Out"), _("Sign Out Other Sessions"), _("Remember Me"),
    pgettext_lazy("field label", "Login"),
    _("Username"), _("Email"), _("Email address"), _("Email Address"), _("Email Addresses"),
    _("Add Email Address"), _("Add Email"), _("Make Primary"), _("Re-send Verification"),
    _("Verify Your Email Address"), _("Confirm Email Address"), _("Confirm Access"),
    _("Change Password"), _("Set Password"), _("Password Reset"), _("Reset My Password"), _("Password (again)"),
    _("Two-Factor Authentication"), _("Authenticator App"), _("Activate Authenticator App"), _("Deactivate Authenticator App"),
    _("Security Keys"), _("Add Security Key"), _("Edit Security Key"), _("Remove Security Key"), _("Recovery Codes"),
    _("Account Inactive"), _("Bad Token"), _("Sign Up Closed"),
)
