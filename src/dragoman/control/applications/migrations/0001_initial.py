"""The first tables of this app."""

import django.db.models.deletion
import django.utils.timezone
import dragoman.credentials.secrets
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.CharField(default=dragoman.credentials.secrets.mint_application_id, editable=False, max_length=32, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('folded', models.CharField(editable=False, max_length=240)),
                ('type', models.CharField(choices=[('server', 'server'), ('standalone', 'standalone')], max_length=16, verbose_name='type')),
                ('addresses', models.JSONField(blank=True, default=list)),
                ('redirect_addresses', models.JSONField(blank=True, default=list)),
                ('confidential', models.BooleanField(default=False)),
                ('pkce_optional', models.BooleanField(default=False)),
                ('blocked_at', models.DateTimeField(null=True)),
                ('block_reason', models.TextField(blank=True)),
                ('rate', models.CharField(blank=True, max_length=40)),
                ('quota', models.CharField(blank=True, max_length=40)),
                ('version', models.CharField(blank=True, max_length=32, verbose_name='version')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='applications', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Secret',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('shown', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='applications.application')),
            ],
            options={
                'ordering': ['-created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('addressee', models.CharField(max_length=254)),
                ('role', models.CharField(choices=[('owner', 'owner'), ('manager', 'manager'), ('developer', 'developer'), ('viewer', 'viewer')], max_length=16, verbose_name='role')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations', to=settings.AUTH_USER_MODEL)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='applications.application')),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at'],
                'constraints': [models.UniqueConstraint(fields=('application', 'addressee'), name='one_invitation')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'owner'), ('manager', 'manager'), ('developer', 'developer'), ('viewer', 'viewer')], max_length=16, verbose_name='role')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='applications.application')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('application', 'account'), name='one_membership')],
            },
        ),
    ]
