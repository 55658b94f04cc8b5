"""Addresses of sign-in. Of allauth's many pages these are all that there are."""

from django.urls import path

from patriot.accounts import views

sign_in = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("password/change/", views.password_change, name="account_change_password"),
]
# In place of the pages that the stock admin has for the same.
desk = [
    path("login/", views.desk_login),
    path("logout/", views.logout),
    path("password_change/", views.desk_password_change),
    path("password_change/done/", views.desk_password_change),
]
